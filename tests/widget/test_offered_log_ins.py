"""Which log-ins a campaign offers: those that can prove whose its imported posts are."""

from tombola.testing import installation
from tombola.widget.directory import proven_by


def test_log_in_is_offered_that_may_prove_another_name(sqlite_database, clock, tmp_path):
    inst = installation.make(sqlite_database, clock, tmp_path, slugs=["meta"])
    assert proven_by(inst, "meta.psid") == {"meta.psid", "meta.facebook"}
    assert proven_by(inst, "meta.ig_name") == {"meta.ig_name", "meta.instagram"}
    assert proven_by(inst, "nobody.knows") == {"nobody.knows"}
