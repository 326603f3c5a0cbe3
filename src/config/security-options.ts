// Options of the whole broker, or, after `per_listener_settings true`, of the listener above them.
// Files are only named here: auth/ reads them.

import { ConfigError } from './configuration.ts'
import type { SecurityDraft } from './drafts.ts'
import type { Row } from './option.ts'

export const SECURITY_OPTIONS: readonly Row<SecurityDraft>[] = [
  {
    name: 'acl_file',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of rules: who may read and write which topics. Without it everybody may do everything but write $SYS and $CONTROL.',
    set: (draft, value) => void (draft.aclFile = value),
  },
  {
    name: 'allow_anonymous',
    kind: 'boolean',
    default: 'false; true without any listener',
    reload: true,
    meaning: 'Clients may connect without a user name.',
    set: (draft, value, line) => {
      if (line.perListenerSettings)
        line.note(
          'notice',
          "You are using the 'allow_anonymous' option with 'per_listener_settings true'. Please replace this with 'listener_allow_anonymous'.",
        )
      draft.allowAnonymous = value
    },
  },
  {
    name: 'allow_zero_length_clientid',
    kind: 'boolean',
    default: 'true',
    reload: true,
    meaning: 'A client without Client Identifier is given one; false: it is refused.',
    set: (draft, value) => void (draft.limits.allowZeroLengthClientId = value),
  },
  {
    name: 'auto_id_prefix',
    kind: 'text',
    default: 'auto-',
    reload: true,
    deprecated: "Please use 'listener_auto_id_prefix' instead.",
    meaning: 'What Client Identifiers that the broker gives begin with.',
    set: (draft, value) => {
      if (Buffer.byteLength(value) > 50) throw new ConfigError('auto_id_prefix length must be <= 50.')
      draft.limits.clientIdPrefix = value
    },
  },
  {
    name: 'password_file',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of users and hashes of their passwords, written by: zanzara passwd.',
    set: (draft, value) => void (draft.passwordFile = value),
  },
  {
    name: 'psk_file',
    kind: 'text',
    again: 'last',
    default: '',
    reload: true,
    meaning: 'File of identities and keys for listeners with psk_hint.',
    set: (draft, value) => void (draft.pskFile = value),
  },
]
