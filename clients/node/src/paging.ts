/** Listings, page by page. */
import { AIStudioError } from "./errors.js";

/**
 * Every item once, in the service's order. Ends at the page without a token; an empty page with one is no end.
 * Throws AIStudioError when a token comes twice: the list would never end.
 */
export async function* pages<T>(
  fetch: (pageToken: string) => Promise<{ items: readonly T[]; nextPageToken: string }>,
  idOf: (item: T) => string,
): AsyncGenerator<T> {
  const ids = new Set<string>();
  const tokens = new Set<string>();
  for (let token = ""; ; ) {
    const { items, nextPageToken } = await fetch(token);
    for (const item of items) {
      if (!ids.has(idOf(item))) yield item;
      ids.add(idOf(item));
    }
    if (!nextPageToken) return;
    if (tokens.has(nextPageToken)) {
      throw new AIStudioError(`the service gave one page token twice; ${ids.size} items were listed, there may be more`);
    }
    tokens.add((token = nextPageToken));
  }
}
