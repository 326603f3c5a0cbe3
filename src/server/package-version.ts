// The version of this package, read from package.json when somebody asks for it.
// The file lies two folders up from here in the sources and in the build alike.

import { readFileSync } from 'node:fs'

/** Such as `0.1.0`. */
export function packageVersion(): string {
  const description = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  return description.version
}
