// `npm run setup:system`: says which programs of the interop tier are missing and how to install them; with `-- --yes` installs them.
// Debian and Ubuntu, as root or through sudo, without questions. Starts no service. Runs before `npm ci`: Node's own modules only.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findTool, installLine, packagesOf, SYSTEM_TOOLS } from './system-tools.mjs'

// While a package is being configured, policy-rc.d answers "do not start services"; one that is there already is left alone.
const INSTALL = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -o Acquire::Retries=3 update
apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
`

const names = Object.keys(SYSTEM_TOOLS)
for (const name of names)
  console.log(
    `${findTool(name) === null ? 'missing' : 'found  '}  ${name.padEnd(14)} ${findTool(name) ?? `package ${SYSTEM_TOOLS[name]?.package}: ${SYSTEM_TOOLS[name]?.purpose}`}`,
  )
const missing = names.filter((name) => findTool(name) === null)
if (missing.length === 0) console.log('\nnothing to install')
else if (!process.argv.includes('--yes'))
  console.log(`\ninstall the missing ones with \`npm run setup:system -- --yes\`, or as root with\n  ${installLine(packagesOf(missing))}`)
else install(packagesOf(missing))

/** @param {readonly string[]} packages */
function install(packages) {
  if (!existsSync('/usr/bin/apt-get')) {
    stop(`there is no apt-get here (Debian, Ubuntu): install ${packages.join(' ')} by the means of this system, then run again`)
    return
  }
  const isRoot = process.getuid?.() === 0
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    stop(`neither root nor sudo without a password; as root run\n  ${installLine(packages)}`)
    return
  }
  console.log(`\ninstalling ${packages.join(' ')}`)
  const [program, ...before] = isRoot ? ['sh'] : ['sudo', '-n', 'sh']
  const { status } = spawnSync(program ?? 'sh', [...before, '-c', INSTALL, 'setup-system', ...packages], { stdio: ['ignore', 'inherit', 'inherit'] })
  const still = names.filter((name) => findTool(name) === null)
  if (still.length > 0) stop(`still missing: ${still.join(', ')}${status === 0 ? '' : `; apt-get ended with code ${status}`}`)
  else console.log('all programs of the interop tier are here')
}

/** @param {string} sentence */
function stop(sentence) {
  console.error(`setup:system: ${sentence}`)
  process.exitCode = 1
}
