"""Tables of the case: couple, partners, directions, betrayals, policies, status; the couples' service comes in."""

from sqlalchemy import Column, Index, Integer

from app.chart.base import Code, Day, Id, Instant, Sealed, couple_table, fact_table, practice_table, reference

couple = practice_table(
    "couple",
    Column("version", Integer, nullable=False, server_default="1"),
    Column("label", Sealed, nullable=False),
    Column("status", Code, nullable=False),
    Column("partner_a_id", Id, nullable=False),
    Column("partner_b_id", Id, nullable=False),
    Column("direction_a_id", Id),
    Column("direction_b_id", Id),
    Column("evidence_version", Integer, nullable=False, server_default="1"),
    Column("created_at", Instant, nullable=False),
    Column("created_by", Id, nullable=False),
    reference("created_by", "person"),
)
couple.info["owner"] = "couple"
couple.info["told"] = True  # that there is a case; its sheet takes no audience

partner = couple_table(
    "partner",
    Column("side", Code, nullable=False),
    Column("name", Sealed, nullable=False),
    Column("language", Code, nullable=False),
)
partner.info["told"] = True

direction = couple_table(
    "direction",
    Column("affected_partner_id", Id, nullable=False),
    Column("betraying_partner_id", Id, nullable=False),
    reference("affected_partner_id", "partner"),
    reference("betraying_partner_id", "partner"),
)

betrayal = fact_table(
    "betrayal",
    Column("direction_id", Id, nullable=False),
    Column("kind", Code, nullable=False),
    Column("description", Sealed),
    Column("began_on", Day),
    Column("began_precision", Code),
    Column("ended_on", Day),
    Column("ended_precision", Code),
    Column("came_to_light", Code, nullable=False),
    Column("came_to_light_on", Day, nullable=False),
    Column("came_to_light_precision", Code, nullable=False),
    Column("full_disclosure_on", Day),
    Column("severity", Integer),
    reference("direction_id", "direction"),
)

policy = fact_table(
    "policy",
    Column("code", Code, nullable=False),
    Column("number", Integer, nullable=False),
    Column("agreed_on", Day, nullable=False),
)

# Each partner's own consent to one version of the policy; nobody consents for the other.
policy_acknowledgement = fact_table(
    "policy_acknowledgement",
    Column("policy_id", Id, nullable=False),
    Column("partner_id", Id, nullable=False),
    Column("acknowledged_on", Day, nullable=False),
    reference("policy_id", "policy"),
    reference("partner_id", "partner"),
)

repair_start = fact_table(
    "repair_start",
    Column("direction_id", Id, nullable=False),
    Column("starts_on", Day, nullable=False),
    Column("reason", Sealed, nullable=False),
    reference("direction_id", "direction"),
)

hold = couple_table(
    "hold",
    Column("kind", Code, nullable=False),
    Column("reason", Sealed, nullable=False),
    Column("effective_on", Day, nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("placed_by", Id, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", Id),
    Column("lift_reason", Sealed),
    reference("placed_by", "person"),
    reference("lifted_by", "person"),
    Index("ix_hold_standing", "practice_id", "couple_id", "kind", "lifted_at"),
)

case_status = fact_table(
    "case_status",
    Column("status", Code, nullable=False),
    Column("effective_on", Day, nullable=False),
    Column("outcome", Code),
    Column("words", Sealed),
)
