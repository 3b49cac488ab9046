import { onDemand } from '../../common/on-demand.ts'
import type { Session } from '../session.ts'

const yaml = onDemand<typeof import('yaml')>('yaml')

/** Indented by two, as the original does it. */
export function printJson({ terminal }: Pick<Session, 'terminal'>, value: unknown): void {
  terminal.writeOut(`${JSON.stringify(value, null, 2)}\n`)
}

/** One document each, with `---` between them. */
export function printYaml({ terminal }: Pick<Session, 'terminal'>, objects: readonly object[]): void {
  terminal.writeOut(objects.map(yamlText).join('---\n'))
}

/** Without anchors, which Kubernetes does not take. */
export function yamlText(object: object): string {
  return yaml().stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 })
}
