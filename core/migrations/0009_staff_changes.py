"""Let administrators propose changes of accounts, of which each takes a second one."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_credentials"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "permissions": (("administer_staff", "Can propose and approve changes of accounts"),),
                "verbose_name": "user",
                "verbose_name_plural": "users",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="session_epoch",
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.CreateModel(
            name="StaffChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[
                            ("invite", "Invite"),
                            ("change", "Change roles and languages"),
                            ("reset", "Reset the sign-in"),
                            ("reopen", "Open the account again"),
                        ],
                        max_length=10,
                    ),
                ),
                ("username", models.CharField(max_length=150)),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                (
                    "locales",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=35), blank=True, default=list, size=None
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=300)),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("act__in", ["invite", "change", "reset", "reopen"])), name="staffchange_act"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("withdrawn_at__isnull", True),
                                models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="staffchange_four_eyes",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("approved_at", None), ("withdrawn_at", None)),
                        fields=("username",),
                        name="staffchange_one_proposal",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="staffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="proposal_fixed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."act" IS DISTINCT FROM (NEW."act") OR OLD."username" IS DISTINCT FROM (NEW."username") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."locales" IS DISTINCT FROM (NEW."locales") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."proposed_by_id" IS DISTINCT FROM (NEW."proposed_by_id") OR OLD."proposed_at" IS DISTINCT FROM (NEW."proposed_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e0b4ffee9aff27b2953f6c823eb0c167d25a5beb",
                    operation="UPDATE",
                    pgid="pgtrigger_proposal_fixed_2a873",
                    table="core_staffchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="staffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="decided_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    IF TG_OP = 'UPDATE' AND (OLD.approved_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL) THEN\n        RAISE EXCEPTION 'a decided change of an account stays as it is' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.approved_at IS NOT NULL THEN\n        IF TG_OP = 'INSERT' THEN\n            RAISE EXCEPTION 'a change of an account begins as a proposal' USING ERRCODE = 'check_violation';\n        END IF;\n        PERFORM 1 FROM core_user_groups member JOIN auth_group role ON role.id = member.group_id\n            JOIN core_user person ON person.id = member.user_id\n            WHERE role.name = 'administrator' AND person.is_active AND person.is_staff\n            AND person.id IN (NEW.proposed_by_id, NEW.approved_by_id)\n            HAVING count(DISTINCT person.id) = 2;\n        IF NOT FOUND THEN\n            RAISE EXCEPTION 'a change of an account takes two active administrators' USING ERRCODE = 'check_violation';\n        END IF;\n    END IF;\n    RETURN NEW;\n",
                    hash="0ece4efb89198094f8634067f9537efe31d351a6",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_decided_once_5b8b0",
                    table="core_staffchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="staffchange",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="a7f68f99e1bc0552569f887ff805be8fb0d1ef1e",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_0243c",
                    table="core_staffchange",
                    when="BEFORE",
                ),
            ),
        ),
    ]
