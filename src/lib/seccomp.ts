import { refusedSyscalls, syscallNumbers, type SyscallName } from "./syscalls.ts";

/**
 * The system calls that a sandboxed program does not get, as a program for the kernel, in the form
 * in which `bwrap --seccomp` reads it. What is refused fails as if the kernel lacked it, or as if
 * nobody was allowed to, so that programs go on without; calls of a foreign architecture end the
 * program, as their numbers mean something else. Null on a machine whose numbers are not known.
 * @see seccomp(2); the kernel's networking/filter.rst for the instructions
 */
export function seccompProgram(architecture: string = process.arch): Uint8Array | null {
  const machine = machines[architecture];
  if (!machine) return null;
  const numberOf = (name: SyscallName) => syscallNumbers[name][machine.column] ?? null;
  const perCall = (name: SyscallName, body: readonly Instruction[]) => {
    const number = numberOf(name);
    return number === null ? [] : when(number, body);
  };
  const program = [
    load(offsets.architecture),
    jumpIfEqual(machine.audit, 1, 0),
    answer(actions.killProcess),
    load(offsets.number),
    ...machine.foreign,
    ...Object.entries(refusedSyscalls).flatMap(([code, names]) =>
      names.flatMap((name) => perCall(name, [refuse(errors[code as keyof typeof errors])])),
    ),
    ...perCall("clone", namespaceFlags(newNamespaces)),
    ...perCall("unshare", namespaceFlags(newNamespaces | newTimeNamespace)),
    ...perCall("ioctl", [load(argument(1)), ...refuseOneOf(terminalIoctls)]),
    ...perCall("setsockopt", [
      load(argument(1)),
      ...when(levelOfInternet, [load(argument(2)), ...refuseOneOf([localPortRange])]),
      answer(actions.allow),
    ]),
    ...perCall("personality", [load(argument(0)), ...allowOneOf(personalities, errors.EPERM)]),
    ...perCall("socket", sockets),
    ...perCall("socketpair", sockets),
    answer(actions.allow),
  ];
  return encode(program);
}

/** One step of the kernel's filter machine: what it does, how far it jumps, and its operand. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, operand: number];

const actions = { allow: 0x7fff0000, killProcess: 0x80000000, errno: 0x00050000 } as const;
const errors = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;
const offsets = { number: 0, architecture: 4, arguments: 16 } as const;

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const mask = (bits: number): Instruction => [0x54, 0, 0, bits];
const answer = (action: number): Instruction => [0x06, 0, 0, action];
const refuse = (errno: number): Instruction => answer(actions.errno | errno);
const jumpIfEqual = (value: number, whenTrue: number, whenFalse: number): Instruction => [
  0x15,
  whenTrue,
  whenFalse,
  value,
];

/** Where the low half of an argument is: all that the kernel itself looks at in those of here. */
const argument = (index: number): number => offsets.arguments + 8 * index;

/** The body, which must end with an answer, when the loaded value is this one; else what follows. */
function when(value: number, body: readonly Instruction[]): Instruction[] {
  return [jumpIfEqual(value, 0, body.length), ...body];
}

function allowOneOf(values: readonly number[], errno: number): Instruction[] {
  return [...values.flatMap((value) => when(value, [answer(actions.allow)])), refuse(errno)];
}

function refuseOneOf(values: readonly number[]): Instruction[] {
  return [...values.flatMap((value) => when(value, [refuse(errors.EPERM)])), answer(actions.allow)];
}

/** A namespace of one's own brings back capabilities, and with them the larger part of the kernel. */
const newNamespaces = 0x7e020000;
const newTimeNamespace = 0x80;

function namespaceFlags(flags: number): Instruction[] {
  return [
    load(argument(0)),
    mask(flags),
    ...when(0, [answer(actions.allow)]),
    refuse(errors.EPERM),
  ];
}

/**
 * TIOCSTI and TIOCLINUX type into the terminal of whoever started the program, TIOCSETD has the kernel
 * load old drivers for it. @see CVE-2017-5226, CVE-2023-6546
 */
const terminalIoctls = [0x5412, 0x541c, 0x5423];

/** IP_LOCAL_PORT_RANGE has the kernel choose a port that a program may not ask for. @see ip(7) */
const levelOfInternet = 0;
const localPortRange = 51;

/** Linux, with or without the version number of old times, and the question which one it is. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;
const routeNetlink = 0;
const socketTypes = { stream: 1, datagram: 2 } as const;

/** TCP, UDP, ping, and the default of a type. Others, MPTCP among them, would pass the fence by. */
const internetProtocols = [0, 1, 6, 17, 58];

const internet: readonly Instruction[] = [
  load(argument(1)),
  mask(0xf),
  jumpIfEqual(socketTypes.stream, 2, 0),
  jumpIfEqual(socketTypes.datagram, 1, 0),
  refuse(errors.EPROTONOSUPPORT),
  load(argument(2)),
  ...allowOneOf(internetProtocols, errors.EPROTONOSUPPORT),
];

const sockets: readonly Instruction[] = [
  load(argument(0)),
  ...when(families.unix, [answer(actions.allow)]),
  ...when(families.inet, internet),
  ...when(families.inet6, internet),
  // How programs ask for the machine's network interfaces.
  ...when(families.netlink, [
    load(argument(2)),
    ...allowOneOf([routeNetlink], errors.EPROTONOSUPPORT),
  ]),
  refuse(errors.EAFNOSUPPORT),
];

type Machine = {
  /** Its name in linux/audit.h. */
  readonly audit: number;
  readonly column: 0 | 1;
  /** Refuses numbers of a second set that the same architecture has. */
  readonly foreign: readonly Instruction[];
};

/** The calls of x32 are those of x86-64 with this bit, and no filter by number sees them. */
const x32Bit = 0x40000000;

const machines: Readonly<Record<string, Machine | undefined>> = {
  x64: {
    audit: 0xc000003e,
    column: 0,
    foreign: [[0x35, 0, 1, x32Bit], answer(actions.killProcess)],
  },
  arm64: { audit: 0xc00000b7, column: 1, foreign: [] },
};

/** `struct sock_filter` each; both machines store the low byte first. */
function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, whenTrue, whenFalse, operand]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(whenTrue, index * 8 + 2);
    bytes.writeUInt8(whenFalse, index * 8 + 3);
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4);
  }
  return bytes;
}
