import { type FieldError, invalid } from '../../api/field-error.ts'
import { rangeProblem } from './numbers.ts'

const HIGHEST_PORT = 65_535
const LONGEST_NAME = 15

/** The protocols that ports have, sorted as Kubernetes names them. */
export const PORT_PROTOCOLS = ['SCTP', 'TCP', 'UDP']

export function portNumberProblems(port: number): string[] {
  return port >= 1 && port <= HIGHEST_PORT ? [] : [rangeProblem(1, HIGHEST_PORT)]
}

/** `http`, `grpc-web`: as IANA has the names of services. */
export function portNameProblems(name: string): string[] {
  const problems: string[] = []
  if (name.length > LONGEST_NAME) problems.push(`must be no more than ${LONGEST_NAME} characters`)
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)')
  if (name.includes('--')) problems.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

/** A port of a container, by its number or its name. */
export function portErrors(port: number | string, path: string): FieldError[] {
  const problems = typeof port === 'number' ? portNumberProblems(port) : portNameProblems(port)
  return problems.map((problem) => invalid(path, port, problem))
}
