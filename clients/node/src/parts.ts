/** Cutting a file into parts. The service says how many there are; the client asks, and obeys. */
import { AIStudioError } from "./errors.js";
import type { Piece } from "./storage.js";

/** The pieces for `count` URLs: of `wanted` bytes if that comes out even, else of equal size; the last has the rest. */
export function pieces(path: string, size: number, count: number, wanted: number): Piece[] {
  if (count < 1 || count > size) throw new AIStudioError(`the service gave ${count} URLs for ${size} bytes`);
  let each = count === Math.ceil(size / wanted) ? wanted : Math.ceil(size / count);
  if (each * (count - 1) >= size) each = Math.floor(size / count); // else the last would be empty
  return Array.from({ length: count }, (_, index) => ({
    path,
    start: index * each,
    size: index === count - 1 ? size - index * each : each,
  }));
}

/** Does `work` on all, `width` at a time, and keeps their order. After a failure nothing new is begun. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (failure) {
        failed = true;
        throw failure;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker));
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  return results;
}
