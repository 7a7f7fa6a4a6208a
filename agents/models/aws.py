"""AWS credentials: found by the SDK's own means, without ever letting a silent metadata service hold up the start."""

import logging
import socket
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agents.models.settings import ModelSettings

if TYPE_CHECKING:
    import boto3

logger = logging.getLogger(__name__)

METADATA_SECONDS = 1
"""botocore takes whole seconds only, and waits twice."""
METADATA_URL = "http://169.254.169.254"
PROBE_SECONDS = 0.3
"""A machine on EC2 answers within milliseconds; elsewhere the address is often a black hole."""


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """What was found: `problem` is None when Bedrock can be called."""

    problem: str | None
    session: "boto3.Session | None" = None


def import_sdk() -> None:
    """Import AWS's SDK, apart from the search for credentials, whose time is limited."""
    import_module("boto3.session")


def find_access(settings: ModelSettings) -> AwsAccess:
    """Look for credentials and a region. Blocks, for seconds if a profile or a metadata service is slow."""
    if problem := _half_given(settings):
        return AwsAccess(problem)
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 # imports of AWS's SDK take a good part of a second

    try:
        session = open_session(settings, asks_metadata=False)
        if session.get_credentials() is None and has_metadata_service():
            session = open_session(settings, asks_metadata=True)
        if session.get_credentials() is None:
            return AwsAccess("no AWS credentials")
    except BotoCoreError as error:
        logger.info("AWS credentials can't be read: %s", type(error).__name__)
        return AwsAccess(f"unusable AWS credentials ({type(error).__name__})")
    if session.region_name is None:
        return AwsAccess("no region: set AWS_DEFAULT_REGION")
    return AwsAccess(None, session)


def open_session(settings: ModelSettings, *, asks_metadata: bool) -> "boto3.Session":
    """Return a session that asks the metadata service last, once and briefly, or not at all."""
    import boto3  # noqa: PLC0415 # see above
    from botocore.session import Session  # noqa: PLC0415 # see above

    core = Session()
    core.set_config_variable("metadata_service_timeout", METADATA_SECONDS)
    core.set_config_variable("metadata_service_num_attempts", 1)
    session = boto3.Session(
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=settings.aws_secret_access_key,
        aws_session_token=settings.aws_session_token,
        region_name=settings.aws_region,
        botocore_session=core,
    )
    if not asks_metadata:
        core.get_component("credential_provider").remove("iam-role")
    return session


def has_metadata_service() -> bool:
    """Say whether anybody takes connections where the metadata service of a machine on EC2 would be."""
    from botocore.session import Session  # noqa: PLC0415 # see above

    endpoint = Session().get_config_variable("ec2_metadata_service_endpoint")
    address = urlsplit(endpoint or METADATA_URL)
    try:
        with socket.create_connection((address.hostname or "", address.port or 80), PROBE_SECONDS):
            return True
    except OSError:
        return False


def _half_given(settings: ModelSettings) -> str | None:
    if settings.aws_access_key_id and not settings.aws_secret_access_key:
        return "half AWS credentials: AWS_SECRET_ACCESS_KEY is missing"
    if settings.aws_secret_access_key and not settings.aws_access_key_id:
        return "half AWS credentials: AWS_ACCESS_KEY_ID is missing"
    return None
