// Finds the foreign programs that a file of the interop tier needs, or says in one line how to get them.
// The table of programs is scripts/system-tools.mjs; ZZ_REQUIRE=all makes a missing one a failure.

import { test } from 'vitest'
import { findTool, installLine, packagesOf } from '../../scripts/system-tools.mjs'

/** Paths of the programs by name. */
export type Tools<Name extends string> = Readonly<Record<Name, string>>

/**
 * Runs `register` with the paths of all these programs. When one is missing, nothing is registered and one line says what to install;
 * with ZZ_REQUIRE=all a failing test stands in its place.
 */
export function withTools<Name extends string>(names: readonly Name[], register: (tools: Tools<Name>) => void): void {
  const paths = names.map((name) => [name, findTool(name)] as const)
  const missing = paths.filter(([, path]) => path === null).map(([name]) => name)
  if (missing.length === 0) {
    register(Object.fromEntries(paths) as Tools<Name>)
    return
  }
  const sentence = `needs ${missing.join(', ')}: ${installLine(packagesOf(missing))}`
  if (process.env['ZZ_REQUIRE'] === 'all') {
    test(sentence, () => {
      throw new Error(`missing: ${missing.join(', ')}, and ZZ_REQUIRE=all wants every program`)
    })
    return
  }
  process.stderr.write(`not run, ${sentence}\n`)
}
