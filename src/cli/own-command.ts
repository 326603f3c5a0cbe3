// How somebody in another terminal calls this program: `node bin/zanzara.js` in a clone, `npx zanzara` or `zanzara` when installed.
// Lines that we print to be pasted begin with it.

import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Terminal } from './terminal.ts'

/** `cwd` is the folder that the lines are to be pasted in. */
export function ownCommand(terminal: Terminal, cwd: string): string {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  if (existsSync(join(root, 'scripts', 'ensure-built.mjs'))) {
    const path = relative(cwd, join(root, 'bin', 'zanzara.js'))
    return `node ${/^[\w./\\:@+-]+$/.test(path) ? path : `"${path}"`}`
  }
  const isOnPath = terminal.env['npm_command'] === undefined && !/[\\/]node_modules[\\/]\.bin[\\/]/.test(process.argv[1] ?? '')
  return isOnPath ? 'zanzara' : 'npx zanzara'
}
