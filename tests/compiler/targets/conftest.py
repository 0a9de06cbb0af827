import pytest

from compiler.targets import BoardTable


@pytest.fixture(scope="session")
def boards() -> BoardTable:
    return BoardTable.load()
