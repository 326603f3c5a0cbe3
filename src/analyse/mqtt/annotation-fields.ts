// Our own fields, `zz.…`: what no dissector of single packets can know. In `--auto` mode only; tshark has nothing of the kind.
// Filters, -T fields and the tree find them like any other.

import { defineProtocol, type ProtocolFields } from '../../dissect/field.ts'

export const ZZ: ProtocolFields<'clientId' | 'version' | 'user' | 'answers' | 'latency' | 'repeats' | 'subscription' | 'note' | 'severity' | 'clause'> =
  defineProtocol(
    { name: 'zz', label: 'Zanzara' },
    {
      clientId: { name: 'zz.client_id', label: 'Client Identifier of the connection', type: 'string', generated: true },
      version: { name: 'zz.version', label: 'Version of the connection', type: 'uint8', base: 'dec', generated: true },
      user: { name: 'zz.user', label: 'User Name of the connection', type: 'string', generated: true },
      answers: { name: 'zz.response_to', label: 'Answers the message in frame', type: 'framenum', generated: true },
      latency: { name: 'zz.latency', label: 'Time since that message', type: 'relative_time', generated: true },
      repeats: { name: 'zz.repeats', label: 'Repeats the message in frame', type: 'framenum', generated: true },
      subscription: { name: 'zz.subscription', label: 'Delivered because of the subscription', type: 'string', generated: true },
      note: { name: 'zz.note', label: 'Note', type: 'string', generated: true },
      severity: { name: 'zz.severity', label: 'Severity of the note', type: 'string', generated: true },
      clause: { name: 'zz.clause', label: 'Clause of the standard', type: 'string', generated: true },
    },
  )
