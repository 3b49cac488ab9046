import { type FieldError, invalid, required } from '../../api/field-error.ts'
import { rfc1035Problems } from '../../registry/index.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import type { DefinitionNames } from './definition.ts'

/** Names that a definition must have; its status need not have them yet. */
export function missingNameErrors(names: DefinitionNames, path: FieldPath): FieldError[] {
  return (['plural', 'singular', 'kind', 'listKind'] as const)
    .filter((name) => !names[name])
    .map((name) => required(child(path, name)))
}

export function nameErrors(names: DefinitionNames, path: FieldPath): FieldError[] {
  const { kind = '', listKind = '' } = names
  const label = (field: FieldPath, text: string, checked = text, prefix = '') => {
    const problems = rfc1035Problems(checked)
    return problems.length === 0 ? [] : [invalid(field, text, prefix + problems.join(','))]
  }
  const optional = (name: 'plural' | 'singular') => (names[name] ? label(child(path, name), names[name]) : [])
  const mixedCase = (name: 'kind' | 'listKind') => {
    const text = names[name]
    const prefix = 'may have mixed case, but should otherwise match: '
    return text ? label(child(path, name), text, text.toLowerCase(), prefix) : []
  }
  const each = (name: 'shortNames' | 'categories') =>
    (names[name] ?? []).flatMap((text, index) => label(element(child(path, name), index), text))
  return [
    ...optional('plural'),
    ...optional('singular'),
    ...mixedCase('kind'),
    ...mixedCase('listKind'),
    ...each('shortNames'),
    ...(kind !== '' && kind === listKind
      ? [invalid(child(path, 'listKind'), listKind, 'kind and listKind may not be the same')]
      : []),
    ...each('categories'),
  ]
}
