"""SQL statements that bring a text, number or release into effect without a second person, each by what it does."""

from __future__ import annotations

NUMBERS = {
    "a digit": "UPDATE content_channel SET dial = '0800 1112' WHERE id = %(channel)s",
    "an address": "UPDATE content_channel SET address = '+448001112' WHERE id = %(channel)s",
    "pointing at a proposal": "UPDATE content_channel SET revision_id = %(revision)s WHERE id = %(channel)s",
    "values of a proposal": (
        "UPDATE content_channel SET revision_id = %(revision)s, dial = '0808 800 5000', address = "
        "'+448088005000' WHERE id = %(channel)s"
    ),
    "deleting": "DELETE FROM content_channel WHERE id = %(channel)s",
    "approving alone": (
        "UPDATE content_channelrevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now() "
        "WHERE id = %(revision)s"
    ),
    "approving as nobody": "UPDATE content_channelrevision SET state = 'approved' WHERE id = %(revision)s",
    "another proposal than was read": "UPDATE content_channelrevision SET dial = '0800 1113' WHERE id = %(revision)s",
    "who proposed": "UPDATE content_channelrevision SET proposed_by_id = proposed_by_id + 1 WHERE id = %(revision)s",
    "what was approved": "UPDATE content_channelrevision SET approved_at = now() WHERE id = %(approved)s",
    "back to proposed": "UPDATE content_channelrevision SET state = 'proposed' WHERE id = %(approved)s",
    "deleting a revision": "DELETE FROM content_channelrevision WHERE id = %(revision)s",
    "born approved": (
        "INSERT INTO content_channelrevision (service_id, position, act, state, type, number_type, "
        "dial, address, keyword, mnemonic, "
        "hours, cost, source, proposed_by_id, proposed_at, approved_by_id, approved_at) SELECT "
        "service_id, 5, 'add', 'approved', type, "
        "number_type, dial, address, keyword, mnemonic, hours, cost, source, proposed_by_id, "
        "proposed_at, approved_by_id, approved_at "
        "FROM content_channelrevision WHERE id = %(approved)s"
    ),
}

TIPS = {
    "an audience": "UPDATE content_tip SET audiences = '{bystander}' WHERE slug = 'first-hour'",
    "retiring": "UPDATE content_tip SET state = 'retired' WHERE slug = 'first-hour'",
    "the steps": "UPDATE content_tip SET do_now = '{}' WHERE slug = 'first-hour'",
    "the order": "UPDATE content_tip SET \"order\" = 1 WHERE slug = 'first-hour'",
    "the order in a situation": "UPDATE content_tip SET order_in = '{\"blackmail\": 1}' WHERE slug = 'first-hour'",
    "another slug": "UPDATE content_tip SET slug = 'second-hour' WHERE slug = 'first-hour'",
    "pointing at a proposal": "UPDATE content_tip SET revision_id = %(revision)s, state = 'retired' WHERE slug = 'first-hour'",
    "deleting": "DELETE FROM content_tip WHERE slug = 'first-hour'",
    "a new tip": (
        'INSERT INTO content_tip (slug, kind, audiences, situations, countries, "order", do_now, do_not, state, revision_id) '
        "SELECT 'other', kind, audiences, situations, countries, \"order\", do_now, do_not, 'current', revision_id "
        "FROM content_tip"
    ),
    "approving alone": (
        "UPDATE content_tiprevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now() "
        "WHERE id = %(revision)s"
    ),
    "approving as nobody": "UPDATE content_tiprevision SET state = 'approved' WHERE id = %(revision)s",
    "as if it had always been so": "UPDATE content_tiprevision SET act = 'existing', state = 'approved' WHERE id = %(revision)s",
    "another proposal than was read": "UPDATE content_tiprevision SET audiences = '{parent}' WHERE id = %(revision)s",
    "who proposed": "UPDATE content_tiprevision SET proposed_by_id = proposed_by_id + 1 WHERE id = %(revision)s",
    "what was approved": "UPDATE content_tiprevision SET approved_at = now() WHERE state = 'approved'",
    "deleting a revision": "DELETE FROM content_tiprevision WHERE id = %(revision)s",
}

SERVICES = {
    "an age": "UPDATE content_service SET min_age = NULL, age_measured = '' WHERE id = 'gb-line'",
    "an audience": "UPDATE content_service SET audiences = '{bystander}' WHERE id = 'gb-line'",
    "a region": "UPDATE content_service SET regions = '{GB-SCT}' WHERE id = 'gb-line'",
    "the status": "UPDATE content_service SET status = 'defunct' WHERE id = 'gb-line'",
    "a successor": "UPDATE content_service SET successor_id = 'gb-emergency' WHERE id = 'gb-line'",
    "the name": "UPDATE content_service SET name = 'Another' WHERE id = 'gb-line'",
    "another id": "UPDATE content_service SET id = 'gb-other' WHERE id = 'gb-line'",
    "pointing at a proposal": "UPDATE content_service SET revision_id = %(revision)s, status = 'defunct' WHERE id = 'gb-line'",
    "approved by nobody": "UPDATE content_service SET revision_id = NULL WHERE id = 'gb-line'",
    "back to an older revision": "UPDATE content_service SET revision_id = %(first)s, min_age = NULL, age_measured = ''",
    "a new service with the revision of another": (
        "INSERT INTO content_service (id, organization_id, name, country_id, regions, roles, audiences, situations, general, "
        "age_measured, zone, status, confidence, source, more_sources, source_kind, notes, needs_before_launch, revision_id) "
        "SELECT 'gb-new', organization_id, name, country_id, regions, roles, audiences, situations, general, age_measured, zone, "
        "status, confidence, source, more_sources, source_kind, notes, needs_before_launch, revision_id "
        "FROM content_service WHERE id = 'gb-line'"
    ),
    "deleting": "DELETE FROM content_service WHERE id = 'gb-line'",
    "approving alone": (
        "UPDATE content_servicerevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now() "
        "WHERE id = %(revision)s"
    ),
    "approving as nobody": "UPDATE content_servicerevision SET state = 'approved' WHERE id = %(revision)s",
    "as if it had always been so": (
        "UPDATE content_servicerevision SET act = 'existing', state = 'approved' WHERE id = %(revision)s"
    ),
    "another proposal than was read": "UPDATE content_servicerevision SET max_age = 99 WHERE id = %(revision)s",
    "who proposed": "UPDATE content_servicerevision SET proposed_by_id = proposed_by_id + 1 WHERE id = %(revision)s",
    "what was approved": "UPDATE content_servicerevision SET approved_at = now() WHERE state = 'approved'",
    "deleting a revision": "DELETE FROM content_servicerevision WHERE id = %(revision)s",
}

ORGANIZATIONS = {
    "the name": "UPDATE content_organization SET name = 'Another' WHERE id = 'org'",
    "the contact": "UPDATE content_organization SET contact = 'mallory@example.org' WHERE id = 'org'",
    "a contact from the start": "INSERT INTO content_organization (id, name, contact) VALUES ('new', 'New', 'm@example.org')",
    "another contact than was read": (
        "UPDATE content_organizationrevision SET contact = 'mallory@example.org' WHERE id = %(revision)s"
    ),
    "another id": "UPDATE content_organization SET id = 'other' WHERE id = 'org'",
    "pointing at a proposal": "UPDATE content_organization SET name = 'Proposed', revision_id = %(revision)s WHERE id = 'org'",
    "deleting": "DELETE FROM content_organization WHERE id = 'empty'",
    "approving alone": (
        "UPDATE content_organizationrevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now() "
        "WHERE id = %(revision)s"
    ),
    "approving as nobody": "UPDATE content_organizationrevision SET state = 'approved' WHERE id = %(revision)s",
    "another name than was read": "UPDATE content_organizationrevision SET name = 'Another' WHERE id = %(revision)s",
    "who proposed": "UPDATE content_organizationrevision SET proposed_by_id = %(other)s WHERE id = %(revision)s",
    "deleting a revision": "DELETE FROM content_organizationrevision WHERE id = %(revision)s",
}

NOTICES = {
    "approving alone": (
        "UPDATE content_servicenotice SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now() "
        "WHERE id = %(waiting)s"
    ),
    "approving as nobody": "UPDATE content_servicenotice SET state = 'approved' WHERE id = %(waiting)s",
    "who proposed": "UPDATE content_servicenotice SET proposed_by_id = %(other)s WHERE id = %(waiting)s",
    "another kind": "UPDATE content_servicenotice SET kind = 'long-waits' WHERE id = %(approved)s",
    "a longer time": "UPDATE content_servicenotice SET until_at = until_at + interval '1 day' WHERE id = %(approved)s",
    "another service": "UPDATE content_servicenotice SET service_id = 'gb-emergency' WHERE id = %(approved)s",
    "who approved": "UPDATE content_servicenotice SET approved_by_id = %(other)s WHERE id = %(approved)s",
    "back to proposed": (
        "UPDATE content_servicenotice SET state = 'proposed', approved_by_id = NULL, approved_at = NULL WHERE id = %(approved)s"
    ),
    "ending as nobody": "UPDATE content_servicenotice SET state = 'ended' WHERE id = %(approved)s",
    "ending with another approver": (
        "UPDATE content_servicenotice SET state = 'ended', ended_by_id = %(other)s, ended_at = now(), approved_by_id = %(other)s "
        "WHERE id = %(approved)s"
    ),
    "an ended one again": (
        "UPDATE content_servicenotice SET state = 'approved', ended_by_id = NULL, ended_at = NULL WHERE id = %(ended)s"
    ),
    "deleting": "DELETE FROM content_servicenotice WHERE id = %(ended)s",
    "born approved": (
        "INSERT INTO content_servicenotice (service_id, kind, from_at, until_at, source, state, proposed_by_id, proposed_at, "
        "approved_by_id, approved_at) SELECT service_id, kind, from_at, until_at, source, 'approved', proposed_by_id, "
        "proposed_at, approved_by_id, approved_at FROM content_servicenotice WHERE id = %(approved)s"
    ),
    "for ever": (
        "INSERT INTO content_servicenotice (service_id, kind, from_at, until_at, source, state, proposed_by_id, proposed_at) "
        "SELECT service_id, 'long-waits', from_at, from_at + interval '32 days', source, 'proposed', proposed_by_id, proposed_at "
        "FROM content_servicenotice WHERE id = %(approved)s"
    ),
}

TEXTS = {
    "rewriting what is approved": "UPDATE content_unit SET text = 'Pay.', approved_text = 'Pay.' WHERE id = %(unit)s",
    "an approved text under a draft": (
        "UPDATE content_unit SET approved_text = 'Pay.', state = 'needs-review' WHERE id = %(unit)s"
    ),
    "a text without a revision": "UPDATE content_unit SET text = 'Pay.', state = 'needs-review' WHERE id = %(unit)s",
    "a text that stays approved": "UPDATE content_unit SET text = 'Pay.', revision = revision + 1 WHERE id = %(unit)s",
    "a revision back": "UPDATE content_unit SET revision = 0, meaning_revision = 0, safety_revision = 0 WHERE id = %(unit)s",
    "numbers let in": "UPDATE content_unit SET allowed_numbers = '{0800}' WHERE id = %(unit)s",
    "an approver who wrote it": "UPDATE content_unit SET approved_by_id = written_by_id WHERE id = %(unit)s",
    "a history rewritten": "UPDATE content_unitrevision SET text = 'Pay.' WHERE unit_id = %(unit)s",
    "a history deleted": "DELETE FROM content_unitrevision WHERE unit_id = %(unit)s",
    "rewriting an approved target": "UPDATE content_target SET text = 'Talwch', approved_text = 'Talwch' WHERE id = %(target)s",
    "a target that stays approved": (
        "UPDATE content_target SET text = 'T', approved_text = 'T', revision = revision + 1 WHERE id = %(target)s"
    ),
    "an approved target under a draft": (
        "UPDATE content_target SET approved_text = 'Talwch', state = 'needs-review', revision = "
        "revision + 1 WHERE id = %(target)s"
    ),
    "a confirmation by nobody": "UPDATE content_target SET source_revision = 9, revision = revision + 1 WHERE id = %(target)s",
    "a target approved by its writer": "UPDATE content_target SET approved_by_id = written_by_id WHERE id = %(target)s",
    "a draft approved alone": (
        "UPDATE content_target SET state = 'approved', revision = revision + 1, approved_text = text, approved_at = now(), "
        "approved_source_revision = source_revision, approved_by_id = written_by_id WHERE id = %(draft)s"
    ),
    "a draft served as approved": (
        "UPDATE content_target SET approved_text = text, approved_source_revision = 1 WHERE id = %(draft)s"
    ),
    "a target approved for a source that nobody approved": (
        "UPDATE content_target SET state = 'approved', revision = revision + 1, approved_text = text, approved_at = now(), "
        "approved_source_revision = source_revision, approved_by_id = %(other)s WHERE id = %(draft)s"
    ),
    "a target removed alone": (
        "UPDATE content_target SET state = 'removal', revision = revision + 1 WHERE id = %(target)s; "
        "UPDATE content_target SET state = 'empty', revision = revision + 1, text = '', approved_text = '' "
        "WHERE id = %(target)s"
    ),
    "a target emptied": "UPDATE content_target SET state = 'empty', text = '', approved_text = '' WHERE id = %(target)s",
    "an approval of a source that is not approved": (
        "INSERT INTO content_unitapproval (unit_id, revision, declared, change, by_id, at) "
        "VALUES (%(unread)s, 1, 'safety', 'safety', %(other)s, now())"
    ),
    "an approval rewritten": "UPDATE content_unitapproval SET change = 'cosmetic' WHERE unit_id = %(unit)s",
    "a target's history rewritten": "UPDATE content_targetrevision SET text = 'Talwch' WHERE target_id = %(target)s",
    "a target's history deleted": "DELETE FROM content_targetrevision WHERE target_id = %(target)s",
}

RELEASES = {
    "a second published one": (
        "UPDATE content_release SET state = 'published', published_by_id = %(other)s, published_at "
        "= now() WHERE number = %(candidate)s"
    ),
    "publishing one's own": (
        "WITH gone AS (UPDATE content_release SET state = 'superseded' WHERE number = %(published)s) "
        "UPDATE content_release SET state = 'published', published_by_id = compiled_by_id, published_at = now() "
        "WHERE number = %(candidate)s"
    ),
    "publishing as nobody": "UPDATE content_release SET state = 'published' WHERE number = %(candidate)s",
    "who published": "UPDATE content_release SET published_by_id = %(other)s WHERE number = %(published)s",
    "the report": "UPDATE content_release SET report = '{}' WHERE number = %(published)s",
    "the number": "UPDATE content_release SET number = 999 WHERE number = %(candidate)s",
    "back to candidate": "UPDATE content_release SET state = 'candidate' WHERE number = %(published)s",
    "deleting a release": "DELETE FROM content_release WHERE number = %(published)s",
    "born published": (
        "INSERT INTO content_release (state, compiled_by_id, compiled_at, published_by_id, published_at, report) "
        "VALUES ('published', %(other)s, now(), %(other)s, now(), '{}')"
    ),
    "the bytes": "UPDATE content_pack SET body = replace(body, '0800 1111', '0900 6666')",
    "a pack under a false digest": "INSERT INTO content_pack (digest, body, size) VALUES (repeat('a', 64), '{}', 2)",
    "deleting bytes": "DELETE FROM content_pack",
    "which pack": "UPDATE content_releasepack SET pack_id = (SELECT min(digest) FROM content_pack)",
    "taking a pack away": "DELETE FROM content_releasepack WHERE release_id = %(published)s",
    "adding a pack": (
        "INSERT INTO content_releasepack (release_id, country_id, locale_id, pack_id) "
        "SELECT %(published)s, 'FR', 'fr', min(digest) FROM content_pack"
    ),
}
