"""The same answers from Django REST framework the usual way; `gunicorn bench.twins.drf:application`."""

import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

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

from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.generics import ListAPIView, RetrieveAPIView  # noqa: E402
from rest_framework.pagination import CursorPagination  # noqa: E402
from rest_framework.response import Response  # noqa: E402

from app.practice.credentials import practice_of  # noqa: E402
from bench.twins.sealed import Seals  # noqa: E402


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

    def get_queryset(self) -> Any:
        sessions = Session.objects.filter(
            practice_id=_practice(self.request), couple_id=self.kwargs["couple_id"]
        )
        return sessions.filter(voided_at__isnull=True).defer("note")


def livez(_: HttpRequest) -> JsonResponse:
    """That the server answers."""
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("livez", livez),
    path("v1/sessions/<id>", SessionView.as_view()),
    path("v1/couples/<couple_id>/sessions", SessionsView.as_view()),
]
application = get_wsgi_application()
