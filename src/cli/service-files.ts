// The texts of service files: a systemd unit, a launchd property list, an OpenRC script; and the plan that all three are made of.
// Pure functions of the plan. Which folders the broker writes to is read from its configuration.

import { dirname } from 'node:path'
import type { Setting } from '../config/settings.ts'

export interface ServicePlan {
  readonly node: string
  readonly program: string
  /** How somebody calls us, for the lines at the head. */
  readonly command: string
  readonly configFile: string | null
  /** Null = none named. */
  readonly user: string | null
  /** Folders that the broker writes to. */
  readonly writes: readonly string[]
  /** A listener below port 1024. */
  readonly hasLowPort: boolean
}

type PlanSource = Pick<ServicePlan, 'node' | 'program' | 'command' | 'configFile' | 'user'> & { readonly lines: readonly Setting[] }

export function servicePlan({ lines, ...given }: PlanSource): ServicePlan {
  const usual = given.configFile?.startsWith('/etc/mosquitto/') === true ? 'mosquitto' : null
  const named = lines.findLast(({ option }) => option === 'user')?.value ?? null
  const writes = lines.flatMap(({ option: name, value }) => {
    if (name === 'persistence_location' && value.startsWith('/')) return [value.replace(/(?!^)\/+$/, '')]
    if (name === 'pid_file' && value.startsWith('/')) return [dirname(value)]
    if (name === 'log_dest' && value.startsWith('file /')) return [dirname(value.slice(5))]
    return name === 'listener' && /^0 +\//.test(value) ? [dirname(value.replace(/^0 +/, ''))] : []
  })
  const hasLowPort = lines.some(
    ({ option: name, value }) => (name === 'listener' || name === 'port') && Number.parseInt(value, 10) > 0 && Number.parseInt(value, 10) < 1024,
  )
  return { ...given, user: given.user ?? (named === 'root' || named === '' ? null : named) ?? usual, writes: [...new Set(writes)], hasLowPort }
}

/** Folders that systemd makes and gives to the service: `/var/lib/NAME` is StateDirectory=NAME. */
const SYSTEMD_FOLDERS = [
  ['/var/lib/', 'StateDirectory'],
  ['/var/log/', 'LogsDirectory'],
  ['/run/', 'RuntimeDirectory'],
  ['/var/run/', 'RuntimeDirectory'],
] as const

/** Folders that a locked-up service does not see, or not as others do. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//

export function systemdUnit(plan: ServicePlan): string {
  const { node, program, configFile, user, writes, hasLowPort } = plan
  const folders = new Map<string, Set<string>>([['StateDirectory', new Set(['zanzara'])]])
  const others: string[] = []
  for (const path of writes) {
    const row = SYSTEMD_FOLDERS.find(([prefix]) => path.startsWith(prefix) && path.length > prefix.length)
    if (row === undefined) others.push(path)
    else folders.set(row[1], (folders.get(row[1]) ?? new Set()).add(path.slice(row[0].length)))
  }
  const hidden = [node, program, ...(configFile === null ? [] : [configFile]), ...others].filter((path) => HIDDEN.test(path))
  const arguments_ = [node, program, 'broker', ...(configFile === null ? [] : ['-c', configFile])]
  return `# The Zanzara MQTT broker as a systemd service, printed by: zanzara service print systemd
# To install it:
#   ${plan.command} service print systemd${configFile === null ? '' : ` -c ${configFile}`}${user === null ? '' : ` --user ${user}`} | sudo tee /etc/systemd/system/zanzara.service
#   sudo systemctl daemon-reload && sudo systemctl enable --now zanzara
# Its log: journalctl -u zanzara -f. After a change of the configuration: sudo systemctl reload zanzara
${who(user)}${hidden.length === 0 ? '' : `# ${hidden.join(' and ')} ${hidden.length === 1 ? 'is' : 'are'} in a home folder or a temporary one, which the service may not see: better install for all users.\n`}
[Unit]
Description=Zanzara MQTT broker
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
# the message "ready" is sent by a child of the broker
NotifyAccess=all
ExecStart=${arguments_.map(systemdWord).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1
LimitNOFILE=1048576
UMask=0077

${user === null ? 'DynamicUser=yes' : `User=${user}\nPrivateTmp=yes\nRemoveIPC=yes`}
${[...folders].map(([option, names]) => `${option}=${[...names].map(systemdWord).join(' ')}\n${option}Mode=0750`).join('\n')}
WorkingDirectory=/var/lib/zanzara
${others.length === 0 ? '' : `ReadWritePaths=${others.map(systemdWord).join(' ')}\n`}
NoNewPrivileges=yes
${hasLowPort ? 'AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE' : 'CapabilityBoundingSet='}
ProtectSystem=strict
ProtectHome=${hidden.length === 0 ? 'yes' : 'read-only'}
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
# not MemoryDenyWriteExecute: JavaScript is compiled while it runs

[Install]
WantedBy=multi-user.target
`
}

function who(user: string | null): string {
  if (user !== null) return `# It runs as the user ${user}, who must be able to read the configuration and the files that it names.\n`
  return `# It runs as a user of its own, made by systemd, who reads only what everybody may: for closed files, such as keys and passwords,
# make a user and print with --user: sudo useradd --system --no-create-home --shell /usr/sbin/nologin zanzara
`
}

/** A word of a command line in a unit. */
function systemdWord(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w./:@+%$=-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, '\\$&')}"`
}

export function launchdList({ node, program, command, configFile, user }: ServicePlan): string {
  const words = [node, program, 'broker', ...(configFile === null ? [] : ['-c', configFile])]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- The Zanzara MQTT broker as a launchd service, printed by: zanzara service print launchd
     To install it:
       ${xml(command).replaceAll('--', '- -')} service print launchd | sudo tee /Library/LaunchDaemons/zanzara.broker.plist
       sudo launchctl bootstrap system /Library/LaunchDaemons/zanzara.broker.plist
     To let it read a changed configuration: sudo launchctl kill HUP system/zanzara.broker -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>zanzara.broker</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${xml(word)}</string>`).join('\n')}
  </array>
${user === null ? '' : `  <key>UserName</key>\n  <string>${xml(user)}</string>\n`}  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>StandardErrorPath</key>
  <string>/Library/Logs/zanzara.log</string>
  <key>SoftResourceLimits</key>
  <dict>
    <key>NumberOfFiles</key>
    <integer>65536</integer>
  </dict>
  <key>Umask</key>
  <integer>63</integer>
</dict>
</plist>
`
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export function openrcScript({ node, program, command, configFile, user, writes, hasLowPort }: ServicePlan): string {
  const words = [program, 'broker', ...(configFile === null ? [] : ['-c', configFile])]
  const account = user ?? 'nobody'
  return `#!/sbin/openrc-run
# The Zanzara MQTT broker as an OpenRC service, printed by: zanzara service print openrc
# To install it:
#   ${command} service print openrc${configFile === null ? '' : ` -c ${configFile}`}${user === null ? '' : ` --user ${user}`} > /etc/init.d/zanzara
#   chmod 755 /etc/init.d/zanzara && rc-update add zanzara && rc-service zanzara start

name="Zanzara MQTT broker"
description="MQTT broker for MQTT 3.1, 3.1.1 and 5.0"
extra_started_commands="reload"
description_reload="Read the configuration anew"

supervisor="supervise-daemon"
command=${shellWord(node)}
command_args=${shellWord(words.map(shellWord).join(' '))}
command_user=${shellWord(account)}
${hasLowPort ? 'capabilities="^cap_net_bind_service"\n' : ''}error_log="/var/log/zanzara.log"
rc_ulimit="-n 65536"
umask=0077
respawn_delay=1
respawn_max=0
retry="TERM/10/KILL/5"

depend() {
	need net
	use dns logger
	after firewall
}

start_pre() {
	checkpath --file --owner ${shellWord(account)} --mode 0640 "$error_log"${writes.map((path) => `\n	checkpath --directory --owner ${shellWord(account)} --mode 0750 ${shellWord(path)}`).join('')}
}

reload() {
	ebegin "Reloading $name"
	supervise-daemon "$RC_SVCNAME" --signal HUP
	eend $?
}
`
}

function shellWord(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
