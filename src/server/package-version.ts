// What lies beside the code in this package: its version, read from package.json when somebody asks for it, and the built console.
// Both lie two folders up from here in the sources and in the build alike.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Such as `0.1.0`. */
export function packageVersion(): string {
  const description = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string }
  return description.version
}

/** Where the console is when it has been built. */
export function consoleFolder(): string {
  return fileURLToPath(new URL('../../dist/console', import.meta.url))
}
