from __future__ import annotations

from pymongo.database import Database

from kit.ids import new_id
from repositories.identities import IdentityRepository
from repositories.values import Record

ISSUER = "https://id.example.com/"


def test_an_identity_has_one_account_until_that_is_removed(database: Database[Record]) -> None:
    identities, ana, bea = IdentityRepository(database), new_id(), new_id()
    assert identities.user_of(ISSUER, "1") == ""
    assert identities.claim(ISSUER, "1", ana) == ana
    assert identities.claim(ISSUER, "1", bea) == ana
    # Neither the subject alone nor the two run together say who it is.
    assert identities.claim("https://other.example.com/", "1", bea) == bea
    assert identities.user_of(ISSUER + "1", "") == ""
    assert identities.delete_all_of_user(ana) == 1
    assert identities.user_of(ISSUER, "1") == ""
    assert identities.claim(ISSUER, "1", bea) == bea
