/** Items in, what became of each out, in their order; an engine serves some at a time, more only wait for each other. */
const atATime = 8;

export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [at, item] of queue) results[at] = await work(item, at);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return results;
}
