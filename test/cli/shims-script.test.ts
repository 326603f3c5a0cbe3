// A shell script as Mosquitto's users write them, with Mosquitto's names alone, run by the shims that `install-shims` writes.
// Broker as a daemon with pid file, passwords and rules; all clients; reload; stop.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../interop/support/mosquitto.ts'
import { command, folder } from './support/broker-kit.ts'

const SCRIPT = String.raw`
set -eu
umask 000
mosquitto_passwd -c -b pw ann secret > /dev/null
mosquitto_passwd -b pw bob word > /dev/null
chmod 644 pw
printf 'user ann\ntopic readwrite lab/#\nuser bob\ntopic read lab/open/#\n' > acl
cat > c.conf <<END
listener $PORT 127.0.0.1
password_file $PWD/pw
acl_file $PWD/acl
pid_file $PWD/pid
log_dest file $PWD/log
END
mosquitto -c c.conf -d
echo "daemon $?"
until grep -q ' running$' log 2> /dev/null; do sleep 0.1; done
ann="-h 127.0.0.1 -p $PORT -u ann -P secret"
mosquitto_pub $ann -t lab/open/t -m 21 -r -q 1
mosquitto_pub $ann -t lab/closed/t -m 22 -r -q 1
mosquitto_sub -h 127.0.0.1 -p $PORT -u bob -P word -t 'lab/#' -v -W 1 || echo "sub $?"
mosquitto_sub $ann -t 'lab/+/t' -v -C 2 -W 5 | sort
mosquitto_pub -h 127.0.0.1 -p $PORT -u ann -P wrong -t lab/x -m x || echo "pub $?"
seq 3 | mosquitto_pub $ann -t lab/open/n -l -q 2
mosquitto_sub $ann -V 5 -t lab/ask -C 1 -F '%R' -d > asked &
until grep -q Subscribed asked; do sleep 0.1; done
mosquitto_rr $ann -t lab/ask -e lab/answer -m '?' -W 1 || echo "rr $?"
wait $!
grep -x lab/answer asked
echo 'topic read lab/closed/#' >> acl
kill -HUP $(cat pid)
until grep -q 'Reloading config' log; do sleep 0.1; done
mosquitto_sub -h 127.0.0.1 -p $PORT -u bob -P word -t 'lab/closed/#' -v -C 1 -W 5
kill $(cat pid)
until grep -q ' terminating$' log; do sleep 0.1; done
grep -c 'mosquitto version 2' log
`

test('mosquitto, mosquitto_passwd, mosquitto_pub, mosquitto_sub and mosquitto_rr in one script', { timeout: 60_000 }, async () => {
  const path = folder()
  expect(await command('install-shims', join(path, 'bin'))).toMatchObject({ code: 0, err: '' })
  const port = await freePort()
  writeFileSync(join(path, 'script.sh'), SCRIPT)
  const child = spawn('sh', ['script.sh'], {
    cwd: path,
    env: { PATH: `${join(path, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: path, PORT: String(port) },
    detached: true,
  })
  onTestFinished(() => {
    const daemon = existsSync(join(path, 'pid')) ? [Number(readFileSync(join(path, 'pid'), 'utf8'))] : []
    for (const pid of [-child.pid!, ...daemon]) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // it has ended, as it should
      }
    }
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect({ out: out.split('\n').slice(0, -1), err: err.split('\n').slice(0, -1), code }).toEqual({
    out: ['daemon 0', 'lab/open/t 21', 'sub 27', 'lab/closed/t 22', 'lab/open/t 21', 'pub 5', 'rr 27', 'lab/answer', 'lab/closed/t 22', '3'],
    err: ['Timed out', 'Connection error: Connection Refused: not authorised', 'Error: The connection was refused', 'Timed out'],
    code: 0,
  })
})
