//! Derives traits of sqlx. sqlx's own macros do the same, but they are compiled together with both database drivers, which
//! are then compiled a second time for the service.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Field, Fields, LitStr, Result, Type, parse_macro_input};

/// Implements `sqlx::FromRow` for a struct with named members, for rows of every database: each member is read from the
/// column with its name. The attribute `sqlx` of a member changes that:
///
/// - `rename = "name"`: the column has this name.
/// - `try_from = "Type"`: the column is of this type, and is converted.
/// - `flatten`: the member is a struct that is read from the same row.
/// - `skip`: the member gets its default.
#[proc_macro_derive(FromRow, attributes(sqlx))]
pub fn derive_from_row(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// Implements `sqlx::Type`, `Encode` and `Decode` for a struct that wraps one value, on every database: it is stored as that
/// value.
#[proc_macro_derive(Type)]
pub fn derive_type(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    wrapper(&input).unwrap_or_else(Error::into_compile_error).into()
}

/// What the attribute `sqlx` of a member says.
#[derive(Default)]
struct Column {
    rename: Option<String>,
    try_from: Option<Type>,
    is_flat: bool,
    is_skipped: bool,
}

impl Column {
    fn read(field: &Field) -> Result<Self> {
        let mut column = Self::default();
        for attribute in field.attrs.iter().filter(|it| it.path().is_ident("sqlx")) {
            attribute.parse_nested_meta(|meta| {
                let text = || meta.value()?.parse::<LitStr>();
                if meta.path.is_ident("rename") {
                    column.rename = Some(text()?.value());
                } else if meta.path.is_ident("try_from") {
                    column.try_from = Some(text()?.parse()?);
                } else if meta.path.is_ident("flatten") {
                    column.is_flat = true;
                } else if meta.path.is_ident("skip") {
                    column.is_skipped = true;
                } else {
                    return Err(meta.error("must be rename, try_from, flatten or skip"));
                }
                Ok(())
            })?;
        }
        Ok(column)
    }
}

fn from_row(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(name, "must be a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(name, "must have named members"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new_spanned(&input.generics, "must not be generic"));
    }
    let (mut bounds, mut members) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let (member, of_type) = (&field.ident, &field.ty);
        let column = Column::read(field)?;
        let text = member.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = column.rename.unwrap_or_else(|| text.trim_start_matches("r#").to_owned());
        let mut is_readable = |it: &Type| {
            bounds.push(quote!(#it: ::sqlx::Decode<'r, R::Database> + ::sqlx::Type<R::Database>));
        };
        let value = if column.is_skipped {
            quote!(::std::default::Default::default())
        } else if column.is_flat {
            bounds.push(quote!(#of_type: ::sqlx::FromRow<'r, R>));
            quote!(<#of_type as ::sqlx::FromRow<'r, R>>::from_row(row)?)
        } else if let Some(stored) = &column.try_from {
            is_readable(stored);
            quote!(<#of_type as ::std::convert::TryFrom<#stored>>::try_from(row.try_get(#text)?).map_err(
                |error| ::sqlx::Error::ColumnDecode { index: #text.into(), source: error.into() },
            )?)
        } else {
            is_readable(of_type);
            quote!(row.try_get(#text)?)
        };
        members.push(quote!(#member: #value));
    }
    Ok(quote! {
        #[automatically_derived]
        impl<'r, R: ::sqlx::Row> ::sqlx::FromRow<'r, R> for #name
        where
            &'r str: ::sqlx::ColumnIndex<R>,
            #(#bounds,)*
        {
            fn from_row(row: &'r R) -> ::sqlx::Result<Self> {
                ::std::result::Result::Ok(Self { #(#members,)* })
            }
        }
    })
}

fn wrapper(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let value = match &input.data {
        Data::Struct(data)
            if matches!(data.fields, Fields::Unnamed(_)) && data.fields.len() == 1 =>
        {
            data.fields.iter().next()
        }
        _ => None,
    };
    let Some(Field { ty: value, .. }) = value.filter(|_| input.generics.params.is_empty()) else {
        return Err(Error::new_spanned(name, "must be a struct like `Name(String)`"));
    };
    Ok(quote! {
        #[automatically_derived]
        impl<D: ::sqlx::Database> ::sqlx::Type<D> for #name
        where
            #value: ::sqlx::Type<D>,
        {
            fn type_info() -> D::TypeInfo {
                <#value as ::sqlx::Type<D>>::type_info()
            }

            fn compatible(other: &D::TypeInfo) -> bool {
                <#value as ::sqlx::Type<D>>::compatible(other)
            }
        }

        #[automatically_derived]
        impl<'q, D: ::sqlx::Database> ::sqlx::Encode<'q, D> for #name
        where
            #value: ::sqlx::Encode<'q, D>,
        {
            fn encode_by_ref(
                &self,
                buffer: &mut D::ArgumentBuffer,
            ) -> ::std::result::Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                <#value as ::sqlx::Encode<'q, D>>::encode_by_ref(&self.0, buffer)
            }
        }

        #[automatically_derived]
        impl<'r, D: ::sqlx::Database> ::sqlx::Decode<'r, D> for #name
        where
            #value: ::sqlx::Decode<'r, D>,
        {
            fn decode(
                value: D::ValueRef<'r>,
            ) -> ::std::result::Result<Self, ::sqlx::error::BoxDynError> {
                ::std::result::Result::Ok(Self(<#value as ::sqlx::Decode<'r, D>>::decode(value)?))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: &str) -> String {
        let input = syn::parse_str(input).unwrap();
        from_row(&input).map_or_else(|error| error.to_string(), |it| it.to_string())
    }

    #[test]
    fn what_cannot_be_read_is_rejected() {
        assert_eq!(expanded("enum Row { One }"), "must be a struct");
        assert_eq!(expanded("struct Row(i64);"), "must have named members");
        assert_eq!(expanded("struct Row<T> { id: T }"), "must not be generic");
        let unknown = expanded("struct Row { #[sqlx(renamed = \"a\")] id: i64 }");
        assert_eq!(unknown, "must be rename, try_from, flatten or skip");
    }

    #[test]
    fn only_a_struct_around_one_value_can_be_a_type() {
        for input in [
            "enum Name { One }",
            "struct Name { text: String }",
            "struct Name<T>(T);",
            "struct Name(u8, u8);",
        ] {
            let error = wrapper(&syn::parse_str(input).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), "must be a struct like `Name(String)`", "{input}");
        }
    }

    #[test]
    fn members_are_read_from_the_columns_with_their_names() {
        let code = expanded("struct Row { id: i64, #[sqlx(rename = \"type\")] kind: String }");
        assert!(code.contains("id : row . try_get (\"id\") ?"), "{code}");
        assert!(code.contains("kind : row . try_get (\"type\") ?"), "{code}");
    }
}
