"""The OpenAPI 3.1 document of the API, from the declarations that its routes are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sciencecities.web.declared import Operation, Parameter

ROOT = "/api/v1"

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, and what there is"},
    },
}

ERRORS = {
    "400": "A parameter is unknown, missing or has no such value.",
    "404": "No such city, or the edition does not hold this.",
    "405": "The API is read only.",
    "410": "Uploaded boundaries are no longer kept.",
    "414": "The query is too long.",
    "503": "Other uploaded boundaries are being checked.",
}


def document(operations: Sequence[Operation], version: str) -> dict[str, Any]:
    """The document as JSON values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sciencecities",
            "version": version,
            "description": "Read-only access to rankings of cities by science output. Share is "
            "in works; what a column means is in its description. The ETag of an answer follows "
            "the edition's hash.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {ROOT + o.path: {"get": _operation(o)} for o in operations},
        "components": {
            "schemas": {"Problem": PROBLEM} | {o.name.capitalize(): o.answer for o in operations}
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "operationId": operation.name,
        "summary": operation.doc,
        "parameters": [_parameter(p) for p in operation.parameters],
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": {"ETag": {"schema": {"type": "string"}}},
                "content": {
                    "application/json": {
                        "schema": {"$ref": f"#/components/schemas/{operation.name.capitalize()}"}
                    }
                },
            },
            "304": {"description": "As the ETag in If-None-Match says."},
            **{status: _error(text) for status, text in ERRORS.items()},
        },
    }


def _error(text: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": text, "content": {"application/problem+json": {"schema": schema}}}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.required,
        "description": parameter.doc,
        "schema": parameter.schema(),
    }
