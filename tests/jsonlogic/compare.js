// Answers each line `[a, b]` with what JavaScript says of it: ==, ===, <, <=, truth, text and index.
const lines = require("node:readline").createInterface({ input: process.stdin });
const logical = (a) => (Array.isArray(a) && a.length === 0 ? false : Boolean(a));
const within = (a, b) => (!b || typeof b.indexOf === "undefined" ? false : b.indexOf(a) !== -1);
lines.on("line", (line) => {
  const [a, b] = JSON.parse(line);
  console.log(JSON.stringify([a == b, a === b, a < b, a <= b, logical(a), String(a), within(a, b)]));
});
