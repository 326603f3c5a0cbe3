// Fields of payloads: data that nobody knows, lines of text, JSON.
// Names, labels, types and value names are Wireshark's.

import { defineProtocol, type ProtocolFields } from './field.ts'

export const DATA: ProtocolFields<'data' | 'text' | 'len' | 'md5Hash'> = defineProtocol(
  { name: 'data', label: 'Data' },
  {
    data: { name: 'data.data', label: 'Data', type: 'bytes' },
    text: { name: 'data.text', label: 'Text', type: 'string' },
    len: { name: 'data.len', label: 'Length', type: 'int32', base: 'dec', generated: true },
    md5Hash: { name: 'data.md5_hash', label: 'Payload MD5 hash', type: 'string' },
  },
)

export const TEXT_LINES: ProtocolFields<never> = defineProtocol({ name: 'data-text-lines', label: 'Line-based text data' }, {})

export const JSON_FIELDS: ProtocolFields<
  | 'array'
  | 'member'
  | 'memberWithValue'
  | 'key'
  | 'path'
  | 'pathWithValue'
  | 'object'
  | 'valueString'
  | 'valueNumber'
  | 'valueTrue'
  | 'valueFalse'
  | 'valueNull'
  | 'valueNan'
> = defineProtocol(
  { name: 'json', label: 'JavaScript Object Notation' },
  {
    array: { name: 'json.array', label: 'Array', type: 'none' },
    member: { name: 'json.member', label: 'Member', type: 'string' },
    memberWithValue: { name: 'json.member_with_value', label: 'Member with value', type: 'string', generated: true },
    key: { name: 'json.key', label: 'Key', type: 'string' },
    path: { name: 'json.path', label: 'Path', type: 'string', generated: true },
    pathWithValue: { name: 'json.path_with_value', label: 'Path with value', type: 'string', generated: true },
    object: { name: 'json.object', label: 'Object', type: 'none' },
    valueString: { name: 'json.value.string', label: 'String value', type: 'string' },
    valueNumber: { name: 'json.value.number', label: 'Number value', type: 'string' },
    valueTrue: { name: 'json.value.true', label: 'True value', type: 'none' },
    valueFalse: { name: 'json.value.false', label: 'False value', type: 'none' },
    valueNull: { name: 'json.value.null', label: 'Null value', type: 'none' },
    valueNan: { name: 'json.value.nan', label: 'NaN value', type: 'none' },
  },
)
