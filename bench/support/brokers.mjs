// What benchmarks of whole brokers share: the load generator compiled, ports, brokers as processes, one run of load.
// Imported by bench/compare-brokers.mjs and bench/durable.mjs; no figure here.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** @typedef {{ name: string, port: number, child: import('node:child_process').ChildProcess }} MeasuredBroker */

/**
 * Compiles bench/mqload.c into `folder`; returns the program's path.
 * @param {string} folder
 * @returns {string}
 */
export function compileLoad(folder) {
  const program = join(folder, 'mqload')
  try {
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, join(root, 'bench/mqload.c')], { stdio: 'inherit' })
  } catch {
    throw new Error('the load generator needs a C compiler: install gcc (npm run setup:system -- --yes)')
  }
  return program
}

/**
 * A port of 127.0.0.1 that nobody listens on, below those of outgoing connections.
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (!(await answers(port))) return port
  }
}

/**
 * Starts a broker; it answers on its port when the promise is kept.
 * @param {string} name
 * @param {number} port
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<MeasuredBroker>}
 */
export async function startBroker(name, port, command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (/** @type {Buffer} */ chunk) => {
    log = (log + chunk).slice(-2000)
  })
  const explain = () => new Error(`${name} does not answer on port ${port}; it said:\n${log}`)
  for (let attempt = 0; attempt < 1200 && child.exitCode === null; attempt++) {
    if (await answers(port)) return { name, port, child }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  child.kill('SIGKILL')
  throw explain()
}

/**
 * @param {MeasuredBroker} broker
 * @param {NodeJS.Signals} signal
 * @returns {Promise<void>}
 */
export async function endBroker({ child }, signal = 'SIGTERM') {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await ended
}

/**
 * One run of the load generator; what it says. It never throws: a run that fails is not `ok`.
 * @param {string} program
 * @param {readonly (string | number)[]} args
 * @returns {Promise<any>}
 */
export async function runLoad(program, args) {
  try {
    return JSON.parse((await run(program, args.map(String), { timeout: 120_000, maxBuffer: 1 << 20 })).stdout)
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error)
    return stdout.trim() === '' ? { ok: false, error: stderr || String(error) } : JSON.parse(stdout)
  }
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

/** @param {number} value */
export function short(value) {
  return value >= 1e6 ? `${(value / 1e6).toFixed(2)}M` : value >= 1e3 ? `${Math.round(value / 1e3)}k` : String(Math.round(value))
}

/** @param {number} port @returns {Promise<boolean>} */
async function answers(port) {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })
}
