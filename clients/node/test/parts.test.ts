import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces } from "../src/parts.js";

for (const [size, count, wanted] of [[10, 2, 5], [11, 3, 5], [10, 6, 5], [10, 10, 3], [7, 1, 100], [1000, 7, 1]] as const) {
  test(`${size} bytes for ${count} URLs are all sent once, and no part is empty`, () => {
    const parts = pieces("f", size, count, wanted);
    assert.equal(parts.length, count);
    assert.deepEqual(parts.map((one) => one.start), parts.map((_, index) => parts.slice(0, index).reduce((sum, one) => sum + one.size, 0)));
    assert.equal(parts.reduce((sum, one) => sum + one.size, 0), size);
    assert.ok(parts.every((one) => one.size > 0));
  });
}

test("parts are as long as was wanted when the service gives as many URLs as were asked for", () => {
  assert.deepEqual(pieces("f", 11, 3, 5).map((one) => one.size), [5, 5, 1]);
});
