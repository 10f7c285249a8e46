"""The same answers from Django REST framework the usual way; `gunicorn bench.twins.drf:application`."""

import hashlib
import os
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import django
import orjson
from django.conf import settings
from django.core.wsgi import get_wsgi_application


def _database() -> dict[str, Any]:
    url = urlsplit(os.environ["BENCH_DATABASE"])
    if not url.hostname:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCH_DATABASE"]}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path[1:],
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": url.username,
        "PASSWORD": url.password,
        "CONN_MAX_AGE": None,
    }


settings.configure(
    SECRET_KEY="bench",  # noqa: S106 - signs nothing
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    TIME_ZONE="UTC",
    APPEND_SLASH=False,
    INSTALLED_APPS=["rest_framework"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={"default": _database()},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "UNAUTHENTICATED_USER": None,
    },
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.generics import ListAPIView, RetrieveAPIView  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from app.chart.base import metadata  # noqa: E402
from app.practice.credentials import practice_of  # noqa: E402
from app.progress.caseload import ATTENTION  # noqa: E402
from bench.twins.records import CASE, COLUMNS, case_of, caseload, caseload_item, progress  # noqa: E402
from bench.twins.sealed import Seals  # noqa: E402
from bench.twins.whole import Whole  # noqa: E402


def _seals() -> Seals:
    with connection.cursor() as cursor:
        cursor.execute("SELECT practice_id, id, couple_id, wrapped FROM data_key")
        return Seals(os.environ["MENDLINE_MASTER_KEY"], cursor.fetchall())


SEALS = _seals()
connection.close()


def _id(**options: Any) -> Any:
    return models.CharField(max_length=36, **options)


class Addendum(models.Model):
    """What was added to a signed session."""

    id = _id(primary_key=True)
    practice_id = _id()
    session_id = _id()
    kind = models.CharField(max_length=64)

    class Meta:
        app_label, db_table, managed = "bench", "addendum", False


class Session(models.Model):
    """A session with its note."""

    id = _id(primary_key=True)
    practice_id = _id()
    couple_id = _id()
    version = models.IntegerField()
    kind = models.CharField(max_length=64)
    with_partner = models.CharField(max_length=64, null=True)
    with_partner_id = _id(null=True)
    starts_at = models.DateTimeField()
    zone = models.CharField(max_length=64)
    duration_minutes = models.IntegerField()
    local_day = models.DateField()
    outcome = models.CharField(max_length=64)
    attendance_a = models.CharField(max_length=64, null=True)
    country_a = models.CharField(max_length=64, null=True)
    subdivision_a = models.CharField(max_length=64, null=True)
    attendance_b = models.CharField(max_length=64, null=True)
    country_b = models.CharField(max_length=64, null=True)
    subdivision_b = models.CharField(max_length=64, null=True)
    note_format = models.CharField(max_length=64, null=True)
    note = models.BinaryField(null=True)
    written_at = models.DateTimeField()
    state = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    recorded_by = _id()
    source_recorded_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    signed_by = _id(null=True)
    visibility = models.CharField(max_length=64)
    visible_partner_id = _id(null=True)
    voided_at = models.DateTimeField(null=True)
    voided_by = _id(null=True)

    class Meta:
        app_label, db_table, managed = "bench", "session", False


ITEM_FIELDS = [
    "id", "couple_id", "version", "kind", "with_partner", "with_partner_id", "starts_at", "ends_at", "zone",
    "duration_minutes", "local_day", "outcome", "attendance", "written_at", "late_entry", "state", "note_format",
    "recorded_at", "recorded_by", "source_recorded_at", "recorded_basis", "signed_at", "signed_by", "visibility",
    "visible_partner_id", "entered_in_error",
]  # fmt: skip

SESSION_FIELDS = [
    *ITEM_FIELDS,
    "others_present",
    "note",
    "voided_at",
    "voided_by",
    "void_reason",
    "seal",
    "addenda",
    "entries",
]


class ItemSerializer(serializers.ModelSerializer):
    """A session in a list."""

    ends_at = serializers.SerializerMethodField()
    attendance = serializers.SerializerMethodField()
    late_entry = serializers.SerializerMethodField()
    recorded_basis = serializers.SerializerMethodField()
    entered_in_error = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ITEM_FIELDS

    def get_ends_at(self, session: Any) -> Any:
        return session.starts_at + timedelta(minutes=session.duration_minutes)

    def get_attendance(self, session: Any) -> Any:
        return {side: self._presence(session, side) for side in "ab"}

    def _presence(self, session: Any, side: str) -> Any:
        status = getattr(session, f"attendance_{side}")
        place = {name: getattr(session, f"{name}_{side}") for name in ("country", "subdivision")}
        return status and {"status": status, **place}

    def get_late_entry(self, session: Any) -> bool:
        return bool(session.written_at - session.starts_at > timedelta(hours=72))

    def get_recorded_basis(self, session: Any) -> str:
        return "claimed" if session.source_recorded_at else "witnessed"

    def get_entered_in_error(self, session: Any) -> bool:
        return session.voided_at is not None


class SessionSerializer(ItemSerializer):
    """A session with its note and addenda."""

    others_present = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    void_reason = serializers.SerializerMethodField()
    seal = serializers.SerializerMethodField()
    addenda = serializers.SerializerMethodField()
    entries = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = SESSION_FIELDS

    def get_others_present(self, session: Any) -> None:
        return None

    def get_note(self, session: Any) -> Any:
        text = SEALS.open(session.note, session.practice_id, "session", session.id, "note")
        return text and {"format": session.note_format, **orjson.loads(text)}

    def get_void_reason(self, session: Any) -> None:
        return None

    def get_seal(self, session: Any) -> None:
        return None

    def get_addenda(self, session: Any) -> Any:
        added = Addendum.objects.filter(practice_id=session.practice_id, session_id=session.id)
        return [entry.id for entry in added] if session.state == "signed" else []

    def get_entries(self, session: Any) -> None:
        return None


def _practice(request: Any) -> str | None:
    return practice_of(request.headers["Authorization"].removeprefix("Bearer "))


class Newest(CursorPagination):
    """Fifty a page by cursor."""

    page_size = 50
    ordering = ("-starts_at", "-id")

    def get_paginated_response(self, data: Any) -> Any:
        return Response({"items": data, "next_cursor": self.get_next_link(), "has_more": self.has_next})


class SessionView(RetrieveAPIView):
    """One session."""

    serializer_class = SessionSerializer
    lookup_field = "id"

    def get_queryset(self) -> Any:
        return Session.objects.filter(practice_id=_practice(self.request))


class SessionsView(ListAPIView):
    """A couple's sessions."""

    serializer_class = ItemSerializer
    pagination_class = Newest

    def post(self, request: Any, couple_id: str) -> Any:
        """Store a whole session."""
        return _create(request, couple_id)

    def get_queryset(self) -> Any:
        sessions = Session.objects.filter(
            practice_id=_practice(self.request), couple_id=self.kwargs["couple_id"]
        )
        return sessions.filter(voided_at__isnull=True).defer("note")


# --- tables whose models need no more than their columns ---


def _field(column: Any) -> Any:
    kinds = {
        "LargeBinary": models.BinaryField,
        "Boolean": models.BooleanField,
        "Integer": models.IntegerField,
    }
    kind = kinds.get(type(getattr(column.type, "impl", column.type)).__name__, models.TextField)
    return kind(primary_key=True) if column.name == "id" else kind(null=True)


def _model(table: Any) -> Any:
    meta = type("Meta", (), {"app_label": "bench", "db_table": table.name, "managed": False})
    fields = {column.name: _field(column) for column in table.columns}
    return type(
        f"Plain{table.name.title()}", (models.Model,), {**fields, "Meta": meta, "__module__": __name__}
    )


TABLES = {
    *(table for table, _ in COLUMNS.values()),
    "couple",
    "care_team",
    "indicator_result",
    "trail",
    "api_key",
}
MODELS = {name: _model(metadata.tables[name]) for name in TABLES}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


def _who(request: Any) -> Any:
    digest = hashlib.sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest()
    return MODELS["api_key"].objects.get(practice_id=_practice(request), digest=digest)


class ProgressView(APIView):
    """Is repair moving: evidence by the ORM's values(), then the service's own bridge and model."""

    def get(self, request: Any, couple_id: str) -> Any:
        here = {"practice_id": _practice(request)}
        case = case_of(MODELS["couple"].objects.values(*CASE.split(", ")).get(id=couple_id, **here))

        def rows(name: str) -> list[Any]:
            table, columns = COLUMNS[name]
            found = MODELS[table].objects.filter(couple_id=couple_id, **here).values(*columns.split(", "))
            return [{key: _plain(value) for key, value in row.items()} for row in found]

        return Response(progress(case, rows))


class CaseloadView(APIView):
    """The caller's couples from stored results."""

    def get(self, request: Any) -> Any:
        who = _who(request)
        mine = {"practice_id": who.practice_id}
        own = MODELS["care_team"].objects.filter(person_id=who.person_id, ends_at=None, **mine)
        ids = [str(each) for each in own.values_list("couple_id", flat=True)]
        cases = MODELS["couple"].objects.filter(id__in=ids, status="open", **mine)
        stored = {str(row.id): row for row in MODELS["indicator_result"].objects.filter(id__in=ids, **mine)}
        return Response(caseload([_caseload_item(case, stored[str(case.id)]) for case in cases]))


def _caseload_item(case: Any, stored: Any) -> Any:
    label = SEALS.open(case.label, case.practice_id, "couple", case.id, "label")
    text = SEALS.open(stored.summary, case.practice_id, "indicator_result", case.id, "summary")
    names = ("attention", "looked_on", "as_of", "computed_at")
    row = {"id": case.id, "evidence_version": case.evidence_version, **{n: getattr(stored, n) for n in names}}
    return caseload_item(row, label or "", orjson.loads(text or "{}"), ATTENTION)


class MarkerInput(serializers.Serializer):
    """A marker as it is sent."""

    code = serializers.CharField(max_length=64)
    observed_on = serializers.DateField()
    basis = serializers.CharField(max_length=64)


class ReportInput(serializers.Serializer):
    """A report as it is sent."""

    window_start = serializers.DateField()
    window_end = serializers.DateField()
    episodes = serializers.IntegerField(min_value=0)
    source = serializers.CharField(max_length=64)


class SessionInput(serializers.Serializer):
    """A whole session as it is sent."""

    kind = serializers.CharField(max_length=64)
    starts_at = serializers.DateTimeField()
    duration_minutes = serializers.IntegerField(min_value=1, max_value=1440)
    attendance = serializers.DictField()
    note = serializers.DictField()
    markers = MarkerInput(many=True)
    threat_reports = ReportInput(many=True)


def _create(request: Any, couple_id: str) -> Any:
    SessionInput(data=request.data).is_valid(raise_exception=True)
    who = _who(request)
    case = case_of(
        MODELS["couple"].objects.values(*CASE.split(", ")).get(id=couple_id, practice_id=who.practice_id)
    )
    made = Whole(request.data, case, str(who.practice_id), str(who.person_id), SEALS)
    with transaction.atomic():
        for table, row in made.text_rows():
            MODELS[table].objects.create(**row)
    return Response(made.answer(), status=201)


def livez(_: HttpRequest) -> JsonResponse:
    """That the server answers."""
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("livez", livez),
    path("v1/sessions/<id>", SessionView.as_view()),
    path("v1/couples/<couple_id>/sessions", SessionsView.as_view()),
    path("v1/couples/<couple_id>/progress", ProgressView.as_view()),
    path("v1/caseload", CaseloadView.as_view()),
]
application = get_wsgi_application()
