"""A table of records against the simplest one there could be: a list."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aistudio_mock.backend.store import Table

FOLDERS = st.sampled_from(["b1ga", "b1gb"])


class Record:
    def __init__(self, number, folder_id):
        self.id = f"id{number}"
        self.folder_id = folder_id


class Tables(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.table = Table()
        self.model = []
        self.made = 0

    def mine(self, folder_id):
        return [record for record in reversed(self.model) if record.folder_id == folder_id]

    @rule(folder_id=FOLDERS, count=st.integers(1, 5))
    def create(self, folder_id, count):
        for _ in range(count):
            self.made += 1
            record = Record(self.made, folder_id)
            self.table.put(record)
            self.model.append(record)

    @rule(data=st.data())
    def put_a_new_version(self, data):
        if self.model:
            self.table.put(data.draw(st.sampled_from(self.model)))

    @rule(data=st.data())
    def remove(self, data):
        if self.model:
            record = data.draw(st.sampled_from(self.model))
            self.model.remove(record)
            self.table.remove(record)
            self.table.remove(record)

    @rule(folder_id=FOLDERS)
    def drop(self, folder_id):
        dropped = self.mine(folder_id)
        assert list(self.table.drop(folder_id)) == dropped
        self.model = [record for record in self.model if record.folder_id != folder_id]

    @rule(data=st.data(), folder_id=FOLDERS)
    def read_from_the_middle(self, data, folder_id):
        mine = self.mine(folder_id)
        if mine:
            index = data.draw(st.integers(0, len(mine) - 1))
            before = self.table.position(mine[index])
            assert list(self.table.newest_first(folder_id, before)) == mine[index + 1 :]
            assert list(self.table.newest_first(folder_id, before + 1)) == mine[index:]

    @invariant()
    def each_folder_has_its_records_newest_first(self):
        for folder_id in ("b1ga", "b1gb"):
            mine = self.mine(folder_id)
            assert list(self.table.newest_first(folder_id)) == mine
            assert self.table.count(folder_id) == len(mine)
            order = self.table._orders.get(folder_id)
            assert order is None or len(order._records) == len(order._numbers) <= 2 * len(mine)
        assert {*self.table} == {*self.model}
        assert all(self.table.get(record.id) is record for record in self.model)


Tables.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTables = Tables.TestCase
