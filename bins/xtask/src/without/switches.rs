//! Puts a switch before each thing that can be taken out of a source file.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, BinOp, Block, Expr, ExprMethodCall, ImplItemConst, ImplItemFn, ItemConst, ItemFn,
    ItemMacro, ItemMod, Macro, Pat, ReturnType, Signature, Stmt, UnOp, parse_quote,
};

/// One thing that can be taken out.
#[derive(Debug)]
pub(super) struct Switch {
    pub(super) file: &'static str,
    pub(super) line: usize,
    pub(super) what: String,
}

/// The file with its switches, which count from 1 over all files.
pub(super) fn instrument(
    file: &'static str,
    text: &str,
    switches: &mut Vec<Switch>,
) -> Result<String, String> {
    let mut tree = syn::parse_file(text).map_err(|why| format!("{file}: {why}"))?;
    Taker { file, switches }.visit_file_mut(&mut tree);
    Ok(tree.into_token_stream().to_string())
}

struct Taker<'a> {
    file: &'static str,
    switches: &'a mut Vec<Switch>,
}

/// Code as it stands in the file, before there are switches in it.
struct Written {
    line: usize,
    text: String,
}

fn written(code: &(impl ToTokens + Spanned)) -> Written {
    let line = code.span().start().line;
    let text = shown(code);
    Written { line, text }
}

/// Code as one reads it, on one line, cut where it grows long.
fn shown(code: &impl ToTokens) -> String {
    let text = code.to_token_stream().to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(110).collect()
}

fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(both) => has_let(&both.left) || has_let(&both.right),
        Expr::Paren(inner) => has_let(&inner.expr),
        _ => false,
    }
}

const fn joins(operator: &BinOp) -> bool {
    matches!(operator, BinOp::And(_) | BinOp::Or(_))
}

/// Whether this is one of the things that `&&` or `||` join, and has no switch of its own yet.
fn is_joined(expression: &Expr) -> bool {
    match expression {
        Expr::Binary(both) => !joins(&both.op),
        Expr::Let(_) | Expr::Macro(_) | Expr::Paren(_) => false,
        _ => true,
    }
}

/// Whether a pattern takes everything.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => {
            name.subpat.is_none() && name.ident.to_string().starts_with(char::is_lowercase)
        }
        _ => false,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| shown(it).contains("cfg (test)"))
}

/// The condition that a method is given: what a closure answers, or whether there is a value at all.
fn asked(call: &mut ExprMethodCall) -> Option<&mut Expr> {
    let method = call.method.to_string();
    match method.as_str() {
        "then" | "then_some" => Some(&mut call.receiver),
        "filter" | "find" | "any" | "all" | "position" | "retain" | "is_some_and"
        | "is_none_or" => match call.args.first_mut() {
            Some(Expr::Closure(closure)) => Some(&mut closure.body),
            _ => None,
        },
        _ => None,
    }
}

/// The method that stands for another.
fn other_method(method: &str) -> Option<&'static str> {
    Some(match method {
        "all" => "any",
        "any" => "all",
        "checked_add" => "checked_sub",
        "checked_sub" => "checked_add",
        "div_ceil" => "wrapping_div",
        "max" => "min",
        "min" => "max",
        "saturating_add" | "saturating_mul" => "saturating_sub",
        "saturating_sub" => "saturating_add",
        "wrapping_add" => "wrapping_sub",
        "wrapping_sub" => "wrapping_add",
        _ => return None,
    })
}

fn other_operators(operator: &BinOp) -> Vec<BinOp> {
    match operator {
        BinOp::And(_) => vec![parse_quote!(||)],
        BinOp::Or(_) => vec![parse_quote!(&&)],
        BinOp::Eq(_) => vec![parse_quote!(!=)],
        BinOp::Ne(_) => vec![parse_quote!(==)],
        BinOp::Lt(_) => vec![parse_quote!(<=), parse_quote!(>)],
        BinOp::Le(_) => vec![parse_quote!(<), parse_quote!(>)],
        BinOp::Gt(_) => vec![parse_quote!(>=), parse_quote!(<)],
        BinOp::Ge(_) => vec![parse_quote!(>), parse_quote!(<)],
        BinOp::Add(_) => vec![parse_quote!(-), parse_quote!(*)],
        BinOp::Sub(_) => vec![parse_quote!(+)],
        BinOp::Mul(_) => vec![parse_quote!(+)],
        BinOp::Div(_) | BinOp::Rem(_) => vec![parse_quote!(*)],
        BinOp::BitAnd(_) => vec![parse_quote!(|)],
        BinOp::BitOr(_) | BinOp::BitXor(_) => vec![parse_quote!(&)],
        BinOp::Shl(_) => vec![parse_quote!(>>)],
        BinOp::Shr(_) => vec![parse_quote!(<<)],
        _ => Vec::new(),
    }
}

/// What a function may answer at once.
fn answers(signature: &Signature) -> Vec<Expr> {
    let returns = match &signature.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, returned) => shown(returned),
    };
    let moves = signature
        .inputs
        .iter()
        .any(|input| shown(input).contains("mut"));
    match returns.as_str() {
        "" if moves => vec![parse_quote!(())],
        "fmt :: Result" => vec![parse_quote!(Ok(()))],
        fallible if fallible.starts_with("Result < () ,") => vec![parse_quote!(Ok(()))],
        maybe if maybe.starts_with("Result < Option <") => vec![parse_quote!(Ok(None))],
        "Result < bool , Refusal >" => vec![parse_quote!(Ok(true)), parse_quote!(Ok(false))],
        "Answer" => vec![parse_quote!(Ok(crate::Grant::Done))],
        "bool" => vec![parse_quote!(true), parse_quote!(false)],
        "u8" | "u16" | "u32" | "u64" | "usize" => vec![parse_quote!(0), parse_quote!(1)],
        "String" => vec![parse_quote!(String::new())],
        "& str" | "& 'static str" => vec![parse_quote!("")],
        "UnixTime" | "Zeroizing < String >" => vec![parse_quote!(Default::default())],
        many if many.starts_with("Vec <") => vec![parse_quote!(Vec::new())],
        optional if optional.starts_with("Option <") => vec![parse_quote!(None)],
        _ => Vec::new(),
    }
}

impl Taker<'_> {
    fn switch(&mut self, line: usize, what: String) -> u32 {
        let file = self.file;
        self.switches.push(Switch { file, line, what });
        u32::try_from(self.switches.len()).unwrap_or(u32::MAX)
    }

    /// A condition that can be made to hold always, and never.
    fn condition(&mut self, condition: &mut Expr, Written { line, text }: &Written) {
        let yes = self.switch(*line, format!("always: {text}"));
        let no = self.switch(*line, format!("never: {text}"));
        *condition = parse_quote!(crate::decided(#yes, #no, #condition));
    }

    /// A function that returns at once, and its body.
    fn function(&mut self, signature: &Signature, body: &mut Block) {
        self.visit_block_mut(body);
        let name = &signature.ident;
        let line = name.span().start().line;
        for value in answers(signature) {
            // What answers nothing else, or hands that to a function that does.
            if let [Stmt::Expr(only, None)] = &body.stmts[..]
                && (shown(only) == shown(&value) || shown(only).starts_with("done ("))
            {
                continue;
            }
            let switch = self.switch(line, format!("{name} is {}", shown(&value)));
            let stop: Stmt = parse_quote!(if crate::without(#switch) { return #value; });
            body.stmts.insert(0, stop);
        }
    }

    /// `other` in place of an expression.
    fn instead(&mut self, expression: &mut Expr, line: usize, what: String, other: &Expr) {
        let switch = self.switch(line, what);
        *expression = parse_quote!((if crate::without(#switch) { #other } else { #expression }));
    }

    /// `a && b` can be `a || b`, `a` and `b`; `a < b` can be `a <= b`, and so on.
    fn operator(&mut self, expression: &mut Expr, whole: &Written) {
        let Expr::Binary(both) = &*expression else {
            return;
        };
        let (left, right) = (both.left.clone(), both.right.clone());
        for other in other_operators(&both.op) {
            let what = format!("{} for {}", shown(&other), whole.text);
            let other = parse_quote!(#left #other #right);
            self.instead(expression, whole.line, what, &other);
        }
    }

    /// One side of `&&` or `||` that counts for nothing.
    fn side(&mut self, side: &mut Expr, is_and: bool, Written { line, text }: &Written) {
        let switch = self.switch(*line, format!("no side: {text}"));
        *side = if is_and {
            parse_quote!((crate::without(#switch) || #side))
        } else {
            parse_quote!((!crate::without(#switch) && #side))
        };
    }
}

impl VisitMut for Taker<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        if !is_test(&module.attrs) {
            visit_mut::visit_item_mod_mut(self, module);
        }
    }

    // What is computed when it is compiled asks no environment.
    fn visit_item_const_mut(&mut self, _: &mut ItemConst) {}

    fn visit_impl_item_const_mut(&mut self, _: &mut ImplItemConst) {}

    /// A ceremony's command stands at the end of a macro of ours: `…, |this, case| COMMAND`.
    fn visit_item_macro_mut(&mut self, item: &mut ItemMacro) {
        let tokens: Vec<TokenTree> = item.mac.tokens.clone().into_iter().collect();
        let is_bar =
            |token: &TokenTree| matches!(token, TokenTree::Punct(it) if it.as_char() == '|');
        let bars = tokens.iter().enumerate().filter(|(_, token)| is_bar(token));
        let Some((second, _)) = bars.take(2).nth(1) else {
            return;
        };
        let (before, command) = tokens.split_at(second.saturating_add(1));
        let before: TokenStream = before.iter().cloned().collect();
        if let Ok(mut command) = syn::parse2::<Expr>(command.iter().cloned().collect()) {
            self.visit_expr_mut(&mut command);
            item.mac.tokens = quote!(#before #command);
        }
    }

    fn visit_macro_mut(&mut self, _: &mut Macro) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        function.sig.constness = None;
        self.function(&function.sig, &mut function.block);
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        function.sig.constness = None;
        self.function(&function.sig, &mut function.block);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        for statement in &mut block.stmts {
            let Written { line, text } = written(statement);
            self.visit_stmt_mut(statement);
            let removable = match statement {
                Stmt::Expr(
                    Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Match(_),
                    _,
                ) => false,
                Stmt::Expr(Expr::If(it), _) => it.else_branch.is_none(),
                Stmt::Expr(Expr::ForLoop(_) | Expr::While(_), _) => true,
                Stmt::Expr(_, semicolon) => semicolon.is_some(),
                _ => false,
            };
            if removable {
                let switch = self.switch(line, format!("gone: {text}"));
                *statement = parse_quote!(if !crate::without(#switch) { #statement });
            }
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let here = written(expression);
        if let Expr::Macro(called) = expression {
            if called.mac.path.is_ident("matches") {
                self.condition(expression, &here);
            }
            return;
        }
        // Beside a `let` no operator can be another.
        let fixed = has_let(expression);
        // As they are written, before there are switches in them.
        let parts: Vec<Option<Written>> = match expression {
            Expr::If(it) => vec![Some(written(&it.cond))],
            Expr::Match(it) => {
                let guards = it.arms.iter().map(|arm| arm.guard.as_ref());
                guards
                    .map(|guard| guard.map(|(_, guard)| written(guard)))
                    .collect()
            }
            Expr::Binary(it) if joins(&it.op) => [&it.left, &it.right]
                .map(|side| is_joined(side).then(|| written(side)))
                .into(),
            Expr::MethodCall(it) => asked(it)
                .filter(|asked| !matches!(asked, Expr::Macro(_)))
                .map(|asked| Some(written(asked)))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        visit_mut::visit_expr_mut(self, expression);
        let first = parts.first().and_then(Option::as_ref);
        match expression {
            Expr::If(it) => match first {
                Some(Written { line, text }) if has_let(&it.cond) => {
                    let switch = self.switch(*line, format!("never: {text}"));
                    let condition = &it.cond;
                    *it.cond = Expr::Verbatim(quote!(#condition && !crate::without(#switch)));
                }
                Some(text) => self.condition(&mut it.cond, text),
                None => {}
            },
            Expr::Match(it) => {
                let rest = it
                    .arms
                    .iter()
                    .any(|arm| arm.guard.is_none() && takes_all(&arm.pat));
                for (arm, text) in it.arms.iter_mut().zip(&parts) {
                    if matches!(*arm.body, Expr::Assign(_)) {
                        let Written { line, text } = written(&arm.body);
                        let switch = self.switch(line, format!("gone: {text}"));
                        let body = &arm.body;
                        *arm.body = parse_quote!(if !crate::without(#switch) { #body });
                    }
                    match (&mut arm.guard, text) {
                        (Some((_, guard)), Some(text)) if !has_let(guard) => {
                            self.condition(guard, text);
                        }
                        (None, _) if rest && !takes_all(&arm.pat) => {
                            let Written { line, text } = written(&arm.pat);
                            let switch = self.switch(line, format!("no arm: {text}"));
                            let guard: Expr = parse_quote!(!crate::without(#switch));
                            arm.guard = Some((Default::default(), Box::new(guard)));
                        }
                        _ => {}
                    }
                }
            }
            Expr::Binary(both) => {
                let is_and = matches!(both.op, BinOp::And(_));
                for (side, text) in [&mut both.left, &mut both.right].into_iter().zip(&parts) {
                    if let Some(text) = text {
                        self.side(side, is_and, text);
                    }
                }
                if !fixed {
                    self.operator(expression, &here);
                }
            }
            Expr::MethodCall(call) => {
                if let (Some(asked), Some(text)) = (asked(call), first) {
                    self.condition(asked, text);
                }
                if let Some(method) = other_method(&call.method.to_string()) {
                    let mut other = call.clone();
                    other.method = format_ident!("{method}");
                    let what = format!("{method} for {}", here.text);
                    self.instead(expression, here.line, what, &Expr::MethodCall(other));
                }
            }
            Expr::Unary(it) if matches!(it.op, UnOp::Not(_)) && !fixed => {
                let inner = it.expr.clone();
                let what = format!("no ! in {}", here.text);
                self.instead(expression, here.line, what, &inner);
            }
            _ => {}
        }
    }
}
