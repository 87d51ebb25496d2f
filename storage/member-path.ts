/** A member's path as its file would have once unpacked: `tar -C folder .` writes `./cats/1.png`. */
export function memberPath(name: string): string {
  return name
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".")
    .join("/");
}

/** Of members with one path the last, which unpacking would leave. */
export function lastOfEachPath<Member extends { path: string }, Value>(members: ReadonlyMap<Member, Value>): Map<Member, Value> {
  const last = new Map([...members.keys()].map((member) => [member.path, member]));
  return new Map([...members].filter(([member]) => last.get(member.path) === member));
}
