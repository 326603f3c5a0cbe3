// Brokers of this process as configuration files describe them, on free ports of the loopback interface, with what they log.
// PORT in a line stands for the broker's port, CERTS for the folder of the test certificates, FOLDER for one of the test's own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { parseConfiguration } from '../../src/config/parse.ts'
import { ConfiguredBroker } from '../../src/server/configured-broker.ts'
import { ListenError } from '../../src/server/listen-error.ts'
import type { RunningBroker } from '../../src/server/start-broker.ts'
import { freePort } from '../interop/support/mosquitto.ts'

const CERTIFICATES = fileURLToPath(new URL('../net/certificates', import.meta.url))
const PATIENCE_MS = 30_000
const ATTEMPTS = 3

export class ConfiguredHere {
  readonly port: number
  readonly lines: string[] = []
  readonly broker: ConfiguredBroker
  readonly #folder: string
  readonly #looking = new Set<() => void>()
  running!: RunningBroker

  constructor(port: number, lines: readonly string[], files: Readonly<Record<string, string>>) {
    this.port = port
    this.#folder = mkdtempSync(join(tmpdir(), 'zanzara-configured-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.#folder, name), text, { mode: 0o600 })
    this.broker = new ConfiguredBroker({
      configuration: this.#parse(lines),
      log: {
        write: (type, line) => {
          this.lines.push(`${type}: ${line}`)
          for (const look of this.#looking) look()
        },
      },
      ports: [],
      moreListeners: [],
      defaultLimits: {},
      maximumConnectionsPerAddress: null,
      keyLogFile: null,
      versionText: 'zanzara version 0',
      verbose: true,
    })
  }

  get log(): string {
    return this.lines.join('\n')
  }

  /** As SIGHUP does, with other lines. */
  reload(lines: readonly string[]): void {
    this.broker.reload(this.#parse(lines), true)
  }

  /** Waits until the log holds `pattern` so many times. */
  async until(pattern: RegExp, count = 1): Promise<void> {
    const every = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => finish(new Error(`not logged ${count} times within ${PATIENCE_MS} ms: ${String(pattern)}\n${this.log}`)), PATIENCE_MS)
      const look = (): void => {
        if ((this.log.match(every)?.length ?? 0) >= count) finish(null)
      }
      const finish = (error: Error | null): void => {
        clearTimeout(timer)
        this.#looking.delete(look)
        if (error === null) resolve()
        else reject(error)
      }
      this.#looking.add(look)
      look()
    })
  }

  async close(): Promise<void> {
    await this.running.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #parse(lines: readonly string[]): ReturnType<typeof parseConfiguration> {
    const text = lines
      .join('\n')
      .replace(/\bPORT\b/g, String(this.port))
      .replaceAll('CERTS', CERTIFICATES)
      .replaceAll('FOLDER', this.#folder)
    return parseConfiguration(Buffer.from(`${text}\n`), 'test.conf')
  }
}

/** Open to all; without a `listener` line it listens on its port without TLS. Closed when the test is over, unless `outlives` it. */
export async function configuredHere(
  lines: readonly string[] = [],
  { files = {}, outlives = false }: { readonly files?: Readonly<Record<string, string>>; readonly outlives?: boolean } = {},
): Promise<ConfiguredHere> {
  const whole = ['allow_anonymous true', 'sys_interval 0', ...(lines.some((line) => line.startsWith('listener')) ? [] : ['listener PORT 127.0.0.1']), ...lines]
  for (let attempt = 1; ; attempt++) {
    const broker = new ConfiguredHere(await freePort(), whole, files)
    try {
      broker.running = await broker.broker.open()
      if (!outlives) onTestFinished(() => broker.close())
      return broker
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof ListenError)) throw error
    }
  }
}
