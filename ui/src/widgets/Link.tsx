import type { MouseEvent, ReactNode } from "react";
import { navigate } from "../data/url";

interface Props {
  href: string;
  children: ReactNode;
  className?: string;
  title?: string;
  newTab?: boolean;
  "aria-current"?: "page";
}

export function Link({ href, newTab, ...rest }: Props) {
  const inside = href.startsWith("/") && !href.startsWith("//") && !newTab;
  const onClick = (event: MouseEvent) => {
    if (!inside || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
    window.scrollTo(0, 0);
  };
  return <a href={href} onClick={onClick} {...(newTab && { target: "_blank", rel: "noreferrer" })} {...rest} />;
}
