// Builds when nothing is built or a source has changed since; says so on stderr only when it has something to do.
// Called by bin/zanzara.js in a clone and by the tests; a published package does not hold it.
import { existsSync, readFileSync } from 'node:fs'
import { build, fingerprint, stampFile } from './build.mjs'
import { isMain, tool } from './project.mjs'

/** Ends the process with code 1 and one sentence when there is nothing to run. */
export function ensureBuilt() {
  const built = existsSync(stampFile)
  if (built && readFileSync(stampFile, 'utf8') === fingerprint()) return
  if (tool('typescript/bin/tsc') === null) {
    if (built) return // an installation without development tools runs what it has
    console.error('zanzara: nothing is built and TypeScript is not installed: run `npm ci` first')
    process.exit(1)
  }
  console.error('zanzara: building …')
  if (build()) return
  console.error('zanzara: the build failed, see above')
  process.exit(1)
}

if (isMain(import.meta.url)) ensureBuilt()
