"""`city keys make`, `list`, `revoke` and `roles`."""

from typing import Annotated

import typer

from serving.commands.opening import AsJson, desk_of, person_here, terminal
from serving.terminal import answering

app = typer.Typer(
    no_args_is_help=True,
    help="API keys: each belongs to a named person, allows some things in some districts, and ends.\n\n"
    'Example: city keys make --person "Li Wei" --role engineer --district D1 --expires 90d',
)
By = Annotated[str | None, typer.Option("--by", help="Who does this; default: the user of this machine.")]


@app.command("make")
def make(
    context: typer.Context,
    person: Annotated[str, typer.Option("--person", help="The person who will hold it, by name.")],
    role: Annotated[
        list[str] | None, typer.Option("--role", help="A bundle of scopes; `city keys roles` lists them. Repeatable.")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A single scope such as signals:read. Repeatable.")
    ] = None,
    district: Annotated[
        list[str] | None, typer.Option("--district", help="Only this district. Repeatable; default: the whole city.")
    ] = None,
    expires: Annotated[str, typer.Option("--expires", help="90d, 12h, a date such as 2027-03-31, or never.")] = "365d",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and show it once: the ledger keeps only a hash of it.

    Hand it to its owner by a way that nobody else reads, and make a new one where it was lost.

    Example: city keys make --person "Li Wei" --scope signals:read --scope signals:plan --district D1 --expires 90d
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.access import scope_of
        from city.ids import DistrictId
        from city.roles import scopes_of
        from serving.access_documents import key_document, refuse_unknown_districts
        from serving.lasting import expiry_of
        from serving.showing_access import show_made

        districts = None if not district else tuple(map(DistrictId, district))
        refuse_unknown_districts(desk, districts)
        made = desk.ledger.keys.make(
            person=person,
            scopes=scopes_of(role or (), tuple(map(scope_of, scope or ()))),
            districts=districts,
            made_by=person_here(by),
            expires_at=expiry_of(expires, desk.zone()),
        )
        show_made(speak, made, desk.zone())
        speak.answer({"key": key_document(made.key), "text": made.text})


@app.command("list")
def list_keys(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Expired and revoked ones too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List keys without their secrets, oldest first.

    Example: city keys list --all
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.access_documents import key_document
        from serving.showing_access import show_keys

        documents = [key_document(key) for key in desk.ledger.keys.all()]
        shown = [document for document in documents if everything or document["state"] == "valid"]
        show_keys(speak, shown, hidden=len(documents) - len(shown), zone=desk.zone())
        speak.answer({"keys": shown})


@app.command("revoke")
def revoke(
    context: typer.Context,
    key_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Keys by their ids, as the list shows them.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Revoke keys: within a second they let nobody in, and whoever signed in with one is signed out.

    Example: city keys revoke a1b2c3d4
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from serving.access_documents import key_document

        revoked = [desk.ledger.keys.revoke(key_id, by=person_here(by)) for key_id in dict.fromkeys(key_ids)]
        for key in revoked:
            speak.say(f"Key {key.key_id} of {key.person} is revoked.")
        speak.answer({"keys": [key_document(key) for key in revoked]})


@app.command("roles")
def roles(context: typer.Context, as_json: AsJson = False) -> None:
    """List the roles and the scopes that each stands for.

    Example: city keys roles
    """
    desk = desk_of(context)
    speak = terminal(desk.settings, as_json=as_json)
    with answering(speak):
        from city.access import SCOPES
        from city.roles import ROLES
        from serving.showing_access import show_roles

        show_roles(speak, ROLES)
        speak.answer({"roles": {name: list(scopes) for name, scopes in ROLES.items()}, "scopes": list(SCOPES)})
