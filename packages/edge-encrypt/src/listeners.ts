// Functions of the caller that are told what happens, whatever they make of it. Pure.

/** The same listener; what the promise of an asynchronous one is rejected with ends no process. */
export function settled<T>(listener: (event: T) => unknown): (event: T) => void {
  return (event) => {
    Promise.resolve(listener(event)).catch(() => {});
  };
}

/** The same listener, whose errors change nothing for whoever tells it. */
export function quiet<T>(listener: (event: T) => unknown): (event: T) => void {
  const tell = settled(listener);
  return (event) => {
    try {
      tell(event);
    } catch {
      // Whoever is told has no say in what becomes of a request.
    }
  };
}
