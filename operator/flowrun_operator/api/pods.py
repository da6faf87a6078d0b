"""What a spec says about pods, in Kubernetes' own fields: variables, references, resources."""

from typing import Annotated, Any

from pydantic import Field, StrictInt

from flowrun_operator.api.model import Model, cel

#: As in a container: 2, "500m", "4Gi".
Quantity = (
    StrictInt
    | Annotated[
        str,
        Field(
            max_length=64,
            pattern=r"^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
        ),
    ]
)
#: A partial PodTemplateSpec; the CRD preserves its unknown fields, plan/ checks them.
PodTemplate = dict[str, Any]


class LocalObjectReference(Model):
    """The name of an object in the same namespace."""

    name: Annotated[str, Field(min_length=1, max_length=253, description="Name of the object.")]


class KeySelector(Model):
    """A key of a Secret or ConfigMap."""

    name: Annotated[str, Field(min_length=1, max_length=253, description="Name of the object.")]
    key: Annotated[str, Field(min_length=1, max_length=253, description="Key in it.")]
    optional: Annotated[bool | None, Field(description="Go on when it is missing.")] = None


class FieldSelector(Model):
    """A field of the pod."""

    field_path: Annotated[str, Field(max_length=253, description="Path of the pod's field.")]
    api_version: Annotated[str | None, Field(max_length=63, description="Defaults to v1.")] = None


class EnvVarSource(Model):
    """Where an environment variable's value comes from: exactly one of these."""

    model_config = cel(
        "[has(self.secretKeyRef), has(self.configMapKeyRef), has(self.fieldRef)]"
        ".exists_one(set, set)",
        "exactly one of secretKeyRef, configMapKeyRef and fieldRef must be set",
    )

    secret_key_ref: Annotated[KeySelector | None, Field(description="A key of a Secret.")] = None
    config_map_key_ref: Annotated[
        KeySelector | None, Field(description="A key of a ConfigMap.")
    ] = None
    field_ref: Annotated[FieldSelector | None, Field(description="A field of the pod.")] = None


class EnvVar(Model):
    """An environment variable of runner, scheduler and workers alike."""

    model_config = cel(
        "!(has(self.value) && has(self.valueFrom))", "value and valueFrom exclude each other"
    )

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=253,
            pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
            description="Name of the variable.",
        ),
    ]
    value: Annotated[str | None, Field(max_length=32768, description="Its value, as in a pod.")] = (
        None
    )
    value_from: Annotated[EnvVarSource | None, Field(description="Where the value comes from.")] = (
        None
    )


class OptionalReference(LocalObjectReference):
    """A Secret or ConfigMap whose keys all become variables."""

    optional: Annotated[bool | None, Field(description="Go on when it is missing.")] = None


class EnvFrom(Model):
    """All keys of one object as variables: exactly one of these."""

    model_config = cel(
        "has(self.secretRef) != has(self.configMapRef)",
        "exactly one of secretRef and configMapRef must be set",
    )

    prefix: Annotated[
        str | None, Field(max_length=253, description="Put before every variable's name.")
    ] = None
    secret_ref: Annotated[OptionalReference | None, Field(description="A Secret.")] = None
    config_map_ref: Annotated[OptionalReference | None, Field(description="A ConfigMap.")] = None


class ResourceRequirements(Model):
    """As in a container."""

    requests: Annotated[
        dict[str, Quantity] | None, Field(max_length=32, description="What is reserved.")
    ] = None
    limits: Annotated[
        dict[str, Quantity] | None, Field(max_length=32, description="What is the most.")
    ] = None
