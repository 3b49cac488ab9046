import type { Container, PortReference } from '../../apis/core/v1.ts'

/** The number of a port that a probe may know by its name. Throws an Error with Go's message (kubernetes, pkg/probe). */
export function probePort(port: PortReference, { ports = [] }: Pick<Container, 'ports'>): number {
  const number = typeof port === 'number' ? port : (portNamed(port, ports) ?? parsedNumber(port))
  if (number > 0 && number < 65_536) return number
  throw new Error(`invalid port number: ${number}`)
}

function portNamed(name: string, ports: NonNullable<Container['ports']>): number | undefined {
  return ports.find((port) => port.name === name)?.containerPort
}

function parsedNumber(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  throw new Error(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
}
