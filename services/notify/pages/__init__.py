"""The pages behind the links in mails: for participants, for the contact of a service, and the worker's desk.

A page is a function that is named where it stands (`@opens("invitation")`, `@mine("/pause")`, `@desk("/signals")`):

    @mine("/pause")
    async def pause(page: Page) -> Response:
        if page.posted:
            await page.do(PauseParticipant(participant_id=page.person_id, until=page.day("until")))
            return page.go("/mine", said="paused")
        return page.show("pause.html")

GET changes nothing. What a service refuses in `page.do` comes back as a sentence at the field: the function is called
once more, to show the form as it was filled in. Who is away gives a page that sends the same form again.
"""
