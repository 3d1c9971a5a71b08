"""What a participant does: answer, ask and offer, meet, look after what is kept of them. By link, or on their page."""
