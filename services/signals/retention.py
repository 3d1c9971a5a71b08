"""What signals removes when it has had its time, and what it encrypts anew when the key was replaced."""

from __future__ import annotations

from datetime import timedelta

from services.signals.repository import asked, details, figures, gatherings, notes, referrals
from services.signals.repository import retention as repository
from services.signals.secrecy import Cipher, Unreadable
from shared.contracts.signals import AskedDue
from shared.messaging import Transaction
from shared.policy import Policy, Retention
from shared.telemetry import logger

log = logger(__name__)
HEARD = timedelta(days=45)
"""How long is remembered what exchange told: longer than the streams keep what could come before it."""
AT_ONCE = 500
"""Notes that are encrypted anew in one go; retention comes every hour."""


async def retention(tx: Transaction) -> dict[str, int]:
    """Remove what the policy no longer lets us keep, and nothing that goes on. Returns how many of each kind went."""
    policy: Policy = tx.settings.policy
    keep = policy.retention
    no_longer_asked, heard = await asked.expire(tx, tx.now - timedelta(days=keep.exchanges), tx.now - HEARD)
    for asked_id in no_longer_asked:
        await tx.cancel(AskedDue.timer(asked_id))
    return {
        "signals": await repository.expire_signals(tx, tx.now - timedelta(days=keep.signals)),
        "readings": await notes.expire_readings(tx, tx.now - timedelta(days=keep.readings)),
        "referrals": await _referrals(tx, keep),
        "figures": await figures.remove_old(tx, tx.now - timedelta(days=keep.figures)),
        "asked": len(no_longer_asked),
        "heard": heard,
        "encrypted_anew": await encrypt_anew(tx),
    }


async def encrypt_anew(tx: Transaction) -> int:
    """Notes under an older key, under the first one. What no key in the file can read stays as it is, and is named."""
    cipher: Cipher = tx.settings.cipher
    found = await notes.under_other_keys(tx, cipher.known_key_ids, cipher.key_id, AT_ONCE)
    anew = []
    for note_id, sealed in found:
        try:
            anew.append((note_id, cipher.reencrypted(sealed)))
        except Unreadable:
            log.error("a note can't be read with any key in the file", note_id=str(note_id), key_id=sealed.key_id)
    await notes.seal_anew(tx, anew)
    return len(anew) + await _details_anew(tx, cipher)


async def _details_anew(tx: Transaction, cipher: Cipher) -> int:
    """The same for the details of referrals."""
    anew = []
    for referral_id, sealed in await details.under_other_keys(tx, cipher.known_key_ids, cipher.key_id, AT_ONCE):
        try:
            anew.append((referral_id, cipher.reencrypted(sealed)))
        except Unreadable:
            log.error("details can't be read", referral_id=str(referral_id), key_id=sealed.key_id)
    await details.seal_anew(tx, anew)
    return len(anew)


async def _referrals(tx: Transaction, keep: Retention) -> int:
    """What is long over; of gatherings and of services that were told, as long as that can still matter."""
    await referrals.expire_farewells(tx, tx.now - HEARD)
    await gatherings.expire(tx, tx.now - HEARD)
    return await referrals.expire(tx, tx.now - timedelta(days=keep.referrals))
