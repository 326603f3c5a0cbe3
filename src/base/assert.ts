// What must be impossible in our own code. Never reachable by input from outside.
// Neighbour: wire/errors.ts holds the errors that peers and callers can cause.

/** Makes the compiler prove that a switch over a union is complete. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
