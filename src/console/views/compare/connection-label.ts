// What a connection is called where several stand together: its name, with the address when another one bears the same.
// Follows a change of the name.

import type { Connection } from '../../state/connection.ts'

/** What is looked at of a connection. */
export type Labelled = Pick<Connection, 'id' | 'name'> & { readonly profile: { readonly value: { readonly url: string } } }

export function labelOf({ id, name, profile }: Labelled, all: readonly Labelled[]): string {
  if (!all.some((other) => other.id !== id && other.name === name)) return name
  const { url } = profile.value
  const host = URL.canParse(url) ? new URL(url).host : url
  return host === '' || host === name ? `${name} (${id})` : `${name} (${host})`
}
