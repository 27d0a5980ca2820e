"""`python -m services.recommender worker | api | trainer | rebuild | models | rollback | evaluate | tune | fairness`."""

import typer

from libs.common.settings import load
from libs.common.telemetry import configure
from libs.common.web import run, serve
from services.recommender.evaluation import commands as evaluation
from services.recommender.fairness import commands as fairness
from services.recommender.settings import ApiSettings, RebuildSettings, WorkerSettings
from services.recommender.trainer import commands as trainer

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="The recommender service.")
trainer.register(cli)
evaluation.register(cli)
fairness.register(cli)


@cli.command()
def worker() -> None:
    """Keep every learner's state and list current."""
    from services.recommender.worker.app import worker_app

    settings = load(WorkerSettings)
    configure("recommender", "worker", settings)
    run(serve(worker_app(settings), settings))


@cli.command()
def api() -> None:
    """Answer what-if questions, other goals and constraints, and repair lists."""
    from services.recommender.api.app import api_app

    settings = load(ApiSettings)
    configure("recommender", "api", settings)
    run(serve(api_app(settings), settings))


@cli.command()
def rebuild() -> None:
    """Have the workers read all learners and interactions again, from the logs' beginning."""
    from services.recommender.rebuild import forget_offsets

    settings = load(RebuildSettings)
    configure("recommender", "rebuild", settings)
    run(forget_offsets(settings))


if __name__ == "__main__":
    cli()
