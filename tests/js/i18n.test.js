const test = require("node:test");
const assert = require("node:assert");

const words = {
  text: { "{n} 条告警": "{n} [alarm|alarms]", "{place}：{n} 处，{m} 台": "{place}: {n} [place|places], {m} [device|devices]", "街道": "[street|streets]" },
  area: { street: "street" },
};
globalThis.document = { getElementById: () => ({ dataset: { words: JSON.stringify(words) } }) };
const { t, word } = require("../../assets/js/i18n.js");

test("an English word follows the number before it, however that is written", () => {
  assert.deepEqual([1, "1", 2, "1,001"].map((n) => t("{n} 条告警", { n })), ["1 alarm", "1 alarm", "2 alarms", "1,001 alarms"]);
  assert.equal(t("{place}：{n} 处，{m} 台", { place: "Cuizhu [A]", n: 1, m: 12 }), "Cuizhu [A]: 1 place, 12 devices");
});

test("a word without a number is the one for one; what is not known stands for itself", () => {
  assert.deepEqual([t("街道"), t("街道", { n: 3 }), t("没有"), word("area", "street"), word("area", "x")], ["street", "streets", "没有", "street", "x"]);
});
