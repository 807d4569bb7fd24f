"""A gRPC server whose scans last until the test says so: reads of an unfinished validation are held."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field

from aistudio_formats.report import Report
from aistudio_mock.app import defaults
from aistudio_mock.backend.backend import Backend, assemble
from aistudio_mock.backend.call import Door
from aistudio_mock.backend.endpoints import Addresses
from aistudio_mock.backend.folders import Folders
from aistudio_mock.backend.identity import Auth, Identity
from aistudio_mock.backend.validations import Scanned
from aistudio_mock.config import ServerConfig
from aistudio_mock.domain.objects import DRAFTS, Blob, FinishedUpload, Grant, object_key
from aistudio_mock.domain.presign import Signer
from aistudio_mock.runtime.blobs import BlobStore
from aistudio_mock.runtime.chance import Ids
from aistudio_mock.transport.grpc.calls import Calls
from aistudio_mock.transport.grpc.routes import routes
from aistudio_mock.transport.grpc.server import GrpcServer
