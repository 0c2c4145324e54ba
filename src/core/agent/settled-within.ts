/** A promise of code that may hang in, how it settled out, or that it did not in time. Never rejects, and leaves no timer. */

export type Settled<T> =
  | { readonly how: 'resolved'; readonly value: T }
  | { readonly how: 'rejected'; readonly thrown: unknown }
  | { readonly how: 'late' };

export function settledWithin<T>(promise: PromiseLike<T>, ms: number): Promise<Settled<T>> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ how: 'late' }), ms);
    const settle = (settled: Settled<T>) => {
      clearTimeout(timer);
      resolve(settled);
    };
    Promise.resolve(promise).then(
      (value) => settle({ how: 'resolved', value }),
      (thrown) => settle({ how: 'rejected', thrown }),
    );
  });
}
