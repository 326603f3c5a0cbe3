// The console of a configured broker: where its tokens lie, who needs none, what it tells of the configuration.
// Loaded where a listener says `console true`; the console itself is server/admin/.

import { dirname, join } from 'node:path'
import type { Log } from '../base/log.ts'
import { devFolder } from '../certs/dev-folder.ts'
import type { Configuration } from '../config/configuration.ts'
import { explain } from '../config/explain.ts'
import { AdminServer } from '../server/admin/admin-server.ts'
import { ConsoleTokens } from '../server/admin/console-tokens.ts'
import { isOpenToThisMachine } from '../server/configured-broker.ts'
import { handOver, type SystemUser } from '../server/drop-root.ts'
import { escapeControls } from '../server/log-destinations.ts'
import type { Terminal } from './terminal.ts'

const TOKEN_FILE = 'console-tokens'

export interface BrokerConsoleOptions {
  readonly configuration: Configuration
  /** As it is after reloads. */
  readonly current: () => Configuration
  readonly log: Log
  readonly terminal: Terminal
  /** Whom to become; null = we stay who we are. */
  readonly owner: SystemUser | null
}

/** Reads the tokens, or makes the first one and tells it once, on stderr. @throws TokenFileError */
export function openConsole({ configuration, current, log, terminal, owner }: BrokerConsoleOptions): AdminServer {
  const path = tokenFile(configuration, terminal.env)
  const tokens = ConsoleTokens.at(path)
  if (owner !== null && tokens.firstToken !== null) handOver(path, owner)
  if (tokens.warning !== null) log.write('warning', escapeControls(tokens.warning))
  if (tokens.firstToken !== null) terminal.stderr.write(`The token of the console, told only now: ${tokens.firstToken}\n`)
  log.write('information', `The tokens of the console are kept in ${escapeControls(path)}.`)
  return new AdminServer({
    log,
    tokens,
    trustsThisMachine: () => isOpenToThisMachine(current()),
    hostNames: configuration.consoleHosts,
    configuration: () => ({ files: current().files, sections: explain(current()) }),
  })
}

/** The option, else beside what the broker stores, else with this user's data. */
function tokenFile({ consoleTokenFile, persistence }: Configuration, env: Terminal['env']): string {
  if (consoleTokenFile !== null) return consoleTokenFile
  if (persistence.location !== null && persistence.location !== '') return join(persistence.location, TOKEN_FILE)
  const folder = devFolder(env)
  return folder === null ? TOKEN_FILE : join(dirname(folder), TOKEN_FILE)
}
