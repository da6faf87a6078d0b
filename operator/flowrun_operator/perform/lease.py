"""Which of the replicas acts: the one that holds the Lease.

Nobody compares clocks of two machines. A standby waits from the moment in which it last saw the
Lease change, by its own monotonic clock; the holder counts from the moment in which it last sent a
renewal that was answered. So the holder has ended before a standby's wait is over.

* acquire: until the Lease is ours
* keep: renews it, and raises LeaseLost in time
* release: gives it up, so that nobody has to wait
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from flowrun_operator.perform.api import Api, Body
from flowrun_operator.perform.errors import ApiError, Conflict, NotFound
from flowrun_operator.perform.kinds import LEASES

logger = logging.getLogger(__name__)

#: How long a standby waits after it saw the last renewal, and how often it looks: it leads within
#: 12 s of a holder's sudden death.
LEASE_SECONDS = 10.0
LOOK_SECONDS = 1.0
#: A holder whose last renewal is so old ends: three seconds before anybody may take its place.
RENEW_SECONDS = 7.0
RENEW_EVERY_SECONDS = 2.0
#: After a renewal that failed: one lost answer in five must not end a holder.
FAILED_RETRY_SECONDS = 0.5
#: Of one request; a hung one must leave time for another.
REQUEST_SECONDS = 2.5


class LeaseLost(Exception):
    """Another replica may act from now on."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants which Lease."""

    namespace: str
    name: str
    #: The pod's name. A container that is started again in its pod is the holder that it was.
    identity: str


class Elector:
    """One replica's side of the election."""

    def __init__(
        self,
        api: Api,
        claim: Claim,
        *,
        clock: Callable[[], float],  # seconds, monotonic
        now: Callable[[], datetime],  # for people who read the Lease
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._claim = claim
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._lease: Body | None = None
        self._release: Body = {}
        self._holder = ""
        self._version = ""
        self._changed_at = -LEASE_SECONDS
        self._renewed_at: float | None = None
        self._came_round_at: float | None = None
        #: Why the last round got no answer; "" where it did.
        self.error = ""

    @property
    def leads(self) -> bool:
        """Whether this replica may act at this very moment."""
        return self._renewed_at is not None and self._left > 0

    @property
    def silence(self) -> float:
        """Seconds since the last round began. Each is bounded, so a long silence is a fault."""
        return 0.0 if self._came_round_at is None else self._clock() - self._came_round_at

    async def acquire(self) -> None:
        """Returns when this replica leads."""
        while not await self._round():
            await self._sleep(LOOK_SECONDS)
        logger.info("%s holds the Lease %s", self._claim.identity, self._claim.name)

    async def keep(self) -> None:
        """Renews for as long as it can, then raises LeaseLost."""
        pause = RENEW_EVERY_SECONDS
        while self.leads:
            await self._sleep(min(pause, self._left))
            try:
                async with asyncio.timeout(self._left):
                    pause = RENEW_EVERY_SECONDS if await self._round() else FAILED_RETRY_SECONDS
            except TimeoutError:
                break
        if self._holder != self._claim.identity:
            raise LeaseLost(f"held by {self._holder or 'nobody'}")
        raise LeaseLost(f"not renewed for {RENEW_SECONDS:g} s{self.error and ': '}{self.error}")

    async def release(self) -> None:
        """Lets a standby act at its next round. One that cannot be told waits instead."""
        self._renewed_at = None
        try:
            lease = await self._api.get(LEASES, self._claim.namespace, self._claim.name)
            if (lease.get("spec") or {}).get("holderIdentity") == self._claim.identity:
                await self._write(lease, holder="")
        except ApiError as error:
            logger.warning("the Lease is not released: %s", error)

    @property
    def _left(self) -> float:
        """Seconds for which the last renewal still holds."""
        return 0.0 if self._renewed_at is None else self._renewed_at + RENEW_SECONDS - self._clock()

    async def _round(self) -> bool:
        """Looks, and takes or renews where that is allowed; whether it is ours now."""
        self._came_round_at = self._clock()
        lease, self._lease = self._lease, None  # as it was written last, if nothing went wrong
        try:
            lease = lease or await self._read()
            if not self._may_write():
                self._renewed_at = None
                return False
            sent_at = self._clock()
            written = await self._write(lease, holder=self._claim.identity)
        except Conflict:
            return False  # somebody was faster; the next round sees who
        except ApiError as error:
            if str(error) != self.error:
                logger.warning("Lease %s: %s", self._claim.name, error)
            self.error = str(error)
            return False
        self.error = ""
        self._see(written)
        self._lease = written
        self._renewed_at = sent_at
        return True

    async def _read(self) -> Body | None:
        try:
            lease = await self._api.get(LEASES, self._claim.namespace, self._claim.name)
        except NotFound:
            return None  # if somebody deleted it, its holder still acts: what was seen holds
        self.error = ""
        self._see(lease)
        return lease

    def _see(self, lease: Body) -> None:
        metadata = lease["metadata"]
        version = metadata["resourceVersion"]
        if version != self._version:
            # Helm would refuse an object of this name that does not say to belong to its release.
            self._release = {k: metadata[k] for k in ("labels", "annotations") if k in metadata}
            self._version = version
            self._holder = (lease.get("spec") or {}).get("holderIdentity") or ""
            self._changed_at = self._clock()

    def _may_write(self) -> bool:
        return (
            self._holder in ("", self._claim.identity)
            or self._clock() >= self._changed_at + LEASE_SECONDS
        )

    async def _write(self, lease: Body | None, holder: str) -> Body:
        """Raises Conflict where the Lease has changed since it was read."""
        claim = self._claim
        before = (lease or {}).get("spec") or {}
        now = self._now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec = {
            **before,
            "holderIdentity": holder,
            "leaseDurationSeconds": int(LEASE_SECONDS),
            "renewTime": now,
        }
        if holder != before.get("holderIdentity"):
            spec["acquireTime"] = now
            spec["leaseTransitions"] = before.get("leaseTransitions", 0) + bool(holder and lease)
        new = {"name": claim.name, "namespace": claim.namespace, **self._release}
        body = {
            "apiVersion": LEASES.api_version,
            "kind": "Lease",
            "metadata": lease["metadata"] if lease else new,
            "spec": spec,
        }
        if lease is None:
            return await self._api.create(LEASES, claim.namespace, body)
        return await self._api.replace(LEASES, claim.namespace, claim.name, body)
