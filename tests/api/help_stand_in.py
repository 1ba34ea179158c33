"""An in-process stand-in for the workflows of practical help: the same heart, the same store."""

from dataclasses import replace
from datetime import UTC, datetime

from domain.errors import Refusal
from domain.events import Answer
from domain.identifiers import help_workflow_id
from domain.practical_help.events import HelpBegun, HelpCommand, HelpCommandEvent, HelpTimePassed
from domain.practical_help.help import decide_help, initial_help
from domain.practical_help.policy import HelpPolicy
from domain.practical_help.ports import HelpProjection
from domain.practical_help.state import HelpState
from store.command import CommandStore
from store.command_row import AnyCommand
from store.practical_help.turn import HelpTurnStore


class HelpStandIn:
    """Plays them."""

    def __init__(self, turns: HelpTurnStore, commands: CommandStore, policy: HelpPolicy) -> None:
        self._turns, self._commands, self._policy = turns, commands, policy

    def begin(self, help_id: str) -> None:
        """The workflow's first turn."""
        self._write(replace(self._state(help_id), begun=True), HelpBegun())

    def time_passes(self, help_id: str) -> None:
        """The workflow wakes."""
        self._write(self._state(help_id), HelpTimePassed())

    def apply_through(self, target_id: str, command: AnyCommand) -> None:
        """Take in what waits for it, in order."""
        help_id = target_id.removeprefix(help_workflow_id(""))
        for stored in self._commands.pending(target_id):
            if stored.ordinal <= command.ordinal:
                assert isinstance(stored.command, HelpCommand)
                self._write(self._state(help_id), stored.command.event, stored.command)

    def _state(self, help_id: str) -> HelpState:
        known = self._turns.take_up(help_id)
        return known.state or initial_help(
            help_id=help_id,
            referral_id=known.referral_id,
            policy=self._policy,
            asked_at=known.asked_at,
            wanted=known.wanted,
        )

    def _write(
        self,
        before: HelpState,
        event: HelpCommandEvent | HelpBegun | HelpTimePassed,
        command: HelpCommand | None = None,
    ) -> None:
        now, entries = datetime.now(UTC), ()
        try:
            state, effects = decide_help(before, event, now)
            entries = effects.entries
            answer = Answer(applied=True, revision=state.revision)
            if effects.refused is not None:
                why = effects.refused
                answer = Answer(applied=False, revision=before.revision, code=why.code, why=why.why)
        except Refusal as refusal:
            state = before
            answer = Answer(applied=False, revision=before.revision, code=refusal.code, why=refusal.reason)
        self._turns.project(
            HelpProjection(
                state=replace(
                    state,
                    turn=before.turn + 1,
                    applied_through=command.ordinal if command else state.applied_through,
                ),
                entries=entries,
                at=now,
                command_id=command.id if command else None,
                answer=answer if command else None,
            )
        )
