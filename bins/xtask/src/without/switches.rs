//! Puts a switch before each thing that can be taken out of a source file.

use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, BinOp, Block, Expr, ImplItemConst, ImplItemFn, ItemConst, ItemFn, ItemMod, Macro,
    Pat, ReturnType, Signature, Stmt, UnOp, parse_quote,
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

/// A line of code as one reads it, cut where it grows long.
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

/// Whether a pattern takes everything.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(name) => name.ident.to_string().starts_with(char::is_lowercase),
        _ => false,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| shown(it).contains("cfg (test)"))
}

impl Taker<'_> {
    fn switch(&mut self, at: &impl Spanned, what: String) -> u32 {
        let line = at.span().start().line;
        let file = self.file;
        self.switches.push(Switch { file, line, what });
        u32::try_from(self.switches.len()).unwrap_or(u32::MAX)
    }

    /// A condition that can be made to hold always, and never.
    fn condition(&mut self, condition: &mut Expr, text: &str) {
        let yes = self.switch(condition, format!("always: {text}"));
        let no = self.switch(condition, format!("never: {text}"));
        *condition = parse_quote!(crate::decided(#yes, #no, #condition));
    }

    /// A function that returns at once, and its body.
    fn function(&mut self, signature: &Signature, body: &mut Block) {
        self.visit_block_mut(body);
        let returns = match &signature.output {
            ReturnType::Default => String::new(),
            ReturnType::Type(_, returned) => shown(returned),
        };
        let moves = signature
            .inputs
            .iter()
            .any(|input| shown(input).contains("mut"));
        let instead: Vec<Expr> = match returns.as_str() {
            "" if moves => vec![parse_quote!(())],
            "Result < () , Refusal >" => vec![parse_quote!(Ok(()))],
            "Result < bool , Refusal >" => vec![parse_quote!(Ok(true)), parse_quote!(Ok(false))],
            "Answer" => vec![parse_quote!(Ok(crate::Grant::Done))],
            "bool" => vec![parse_quote!(true), parse_quote!(false)],
            "u8" | "u64" | "usize" => vec![parse_quote!(0), parse_quote!(1)],
            optional if optional.starts_with("Option <") => vec![parse_quote!(None)],
            _ => Vec::new(),
        };
        for value in instead {
            let name = &signature.ident;
            let switch = self.switch(name, format!("{name} is {}", shown(&value)));
            let stop: Stmt = parse_quote!(if crate::without(#switch) { return #value; });
            body.stmts.insert(0, stop);
        }
    }

    /// `a && b` can be `a || b`, `a < b` can be `a <= b`, and so on.
    fn operator(&mut self, expression: &mut Expr, text: &str) {
        let Expr::Binary(both) = &*expression else {
            return;
        };
        let others: Vec<BinOp> = match both.op {
            BinOp::And(_) => vec![parse_quote!(||)],
            BinOp::Or(_) => vec![parse_quote!(&&)],
            BinOp::Eq(_) => vec![parse_quote!(!=)],
            BinOp::Ne(_) => vec![parse_quote!(==)],
            BinOp::Lt(_) => vec![parse_quote!(<=), parse_quote!(>)],
            BinOp::Le(_) => vec![parse_quote!(<), parse_quote!(>)],
            BinOp::Gt(_) => vec![parse_quote!(>=), parse_quote!(<)],
            BinOp::Ge(_) => vec![parse_quote!(>), parse_quote!(<)],
            _ => return,
        };
        let (left, right) = (both.left.clone(), both.right.clone());
        let mut all = expression.clone();
        for other in others {
            let switch = self.switch(&left, format!("{} for {text}", shown(&other)));
            all = parse_quote! {
                (if crate::without(#switch) { #left #other #right } else { #all })
            };
        }
        *expression = all;
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
            let text = shown(statement);
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
                let switch = self.switch(statement, format!("gone: {text}"));
                *statement = parse_quote!(if !crate::without(#switch) { #statement });
            }
        }
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let text = shown(expression);
        if let Expr::Macro(called) = expression {
            if called.mac.path.is_ident("matches") {
                self.condition(expression, &text);
            }
            return;
        }
        // Beside a `let` no operator can be another.
        let fixed = has_let(expression);
        // As they are written, before there are switches in them.
        let conditions: Vec<String> = match expression {
            Expr::If(it) => vec![shown(&it.cond)],
            Expr::Match(it) => {
                let guards = it.arms.iter().map(|arm| arm.guard.as_ref());
                guards
                    .map(|guard| guard.map_or_else(String::new, |(_, guard)| shown(guard)))
                    .collect()
            }
            _ => Vec::new(),
        };
        let condition_text = conditions.first().map_or("", String::as_str);
        visit_mut::visit_expr_mut(self, expression);
        match expression {
            Expr::If(it) if has_let(&it.cond) => {
                let switch = self.switch(&it.cond, format!("never: {condition_text}"));
                let condition = &it.cond;
                *it.cond = Expr::Verbatim(quote!(#condition && !crate::without(#switch)));
            }
            Expr::If(it) => self.condition(&mut it.cond, condition_text),
            Expr::Match(it) => {
                let rest = it
                    .arms
                    .iter()
                    .any(|arm| arm.guard.is_none() && takes_all(&arm.pat));
                for (arm, text) in it.arms.iter_mut().zip(&conditions) {
                    match &mut arm.guard {
                        Some((_, guard)) if !has_let(guard) => self.condition(guard, text),
                        None if rest && !takes_all(&arm.pat) => {
                            let text = shown(&arm.pat);
                            let switch = self.switch(&arm.pat, format!("no arm: {text}"));
                            let guard: Expr = parse_quote!(!crate::without(#switch));
                            arm.guard = Some((Default::default(), Box::new(guard)));
                        }
                        _ => {}
                    }
                }
            }
            Expr::Binary(_) if !fixed => self.operator(expression, &text),
            Expr::Unary(it) if matches!(it.op, UnOp::Not(_)) && !fixed => {
                let (inner, whole) = (it.expr.clone(), it.clone());
                let switch = self.switch(&inner, format!("no ! in {text}"));
                *expression = parse_quote!((if crate::without(#switch) { #inner } else { #whole }));
            }
            _ => {}
        }
    }
}
