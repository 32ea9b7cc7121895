import { useId, type ReactNode } from "react";

type PanelProps = {
  readonly title: string;
  readonly children: ReactNode;
  /** Beside the title: a link, a button. */
  readonly aside?: ReactNode;
  readonly className?: string;
};

/** A part of a page with a title of its own. */
export function Panel({ title, children, aside, className = "" }: PanelProps) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** The head of a page, which also names the tab. */
export function PageHead(props: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly aside?: ReactNode;
}) {
  return (
    <header className="page-head">
      <title>{`${props.title} · Berth`}</title>
      <div className="page-title">
        <h1 tabIndex={-1}>
          <bdi>{props.title}</bdi>
        </h1>
        {props.children}
      </div>
      {props.aside && <div className="actions">{props.aside}</div>}
    </header>
  );
}
